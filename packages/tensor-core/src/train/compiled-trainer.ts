import { compileStep } from '../compile/compile-step';
import { numbersOf } from '../optim/numbers';
import type { Ema, UpdateNumbers } from '../optim';
import type { Key } from '../random';
import { LabError } from '../errors';
import { tf, type Scalar, type Tensor } from '../tf';
import { treeLeaves, treeMap, treeUnflatten, type Tree } from '../tree';
import { disposeTree } from '../tree-tensor';
import { steppedBy, type TrainState } from './train-step';
import type { Trainer, TrainerOptions } from './trainer';

type Leaf = Tensor | number | undefined;

/**
 * A training whose steps are one graph in ONNX Runtime, with parameters, moments and averages in its memory. Counts, and
 * what follows from them (learning rates, bias corrections), stay plain numbers on the host and go in with every step.
 */
export function compiledTrainer<Params, Batch>(
  options: TrainerOptions<Params, Batch>,
  initial: TrainState<Params>,
  { ema, maxTraces }: { readonly ema: Ema | undefined; readonly maxTraces: number },
): Trainer<Params, Batch> {
  const { optimizer, threads } = options;
  const advance = steppedBy({ ...options, ema });
  let counts = numbersIn(initial);
  let increments: readonly number[] | undefined;
  const withCounts = <T>(state: T): T => replaceNumbers(state, counts);
  const skeleton = treeMap<Leaf, TrainState<Params>>(
    (leaf) => (typeof leaf === 'number' ? leaf : undefined),
    initial,
  );
  const numbers = (): UpdateNumbers => {
    const state = withCounts(skeleton);
    return {
      optimizer: numbersOf(optimizer, state.optimizer),
      ema: ema && state.average ? ema.numbers(state.average) : {},
    };
  };
  let like = numbers();

  const compiled = compileStep(
    (tensors: TrainState<Params>, batch: Batch, scalars: Tensor, key: Key) => {
      const state = joined(tensors, skeleton, counts);
      const each = treeLeaves<number>(like).length > 0 ? tf.unstack(scalars) : [];
      const { state: next, loss: value } = advance(state, batch, key, treeUnflatten(like, each) as object);
      increments = differences(numbersIn(next), counts);
      return { state: withoutNumbers(next), output: value };
    },
    withoutNumbers(initial),
    { threads, maxTraces, keyInputs: [2] },
  );

  let previous: number[] | undefined;
  return {
    engine: 'compiled',
    async step(batch, key) {
      like = numbers();
      const scalars = tf.tensor1d(Float32Array.from(treeLeaves<number>(like)));
      try {
        const value: Scalar = compiled.run(batch, scalars, key);
        const [number = Number.NaN] = value.dataSync();
        value.dispose();
        previous = counts;
        counts = counts.map((count, i) => count + increments![i]!);
        return number;
      } finally {
        scalars.dispose();
      }
    },
    undo() {
      if (!previous) throw new LabError('argument', 'trainer: there is no step to be undone');
      compiled.undo();
      [counts, previous] = [previous, undefined];
    },
    state: () => joined(compiled.read(), skeleton, counts),
    async look(use) {
      const state = joined(compiled.read(), skeleton, counts);
      try {
        return await use(state);
      } finally {
        disposeTree(state);
      }
    },
    dispose: () => compiled.dispose(),
  };
}

/** The counts of a state, in visiting order. */
function numbersIn(state: unknown): number[] {
  return treeLeaves<Leaf>(state as Tree<Leaf>).filter((leaf) => typeof leaf === 'number');
}

/** What stays in the runtime: the tree with its counts left out. */
function withoutNumbers<T>(state: T): T {
  return treeMap<Leaf, T>((leaf) => (typeof leaf === 'number' ? undefined : leaf), state);
}

function replaceNumbers<T>(tree: T, counts: readonly number[]): T {
  let next = 0;
  return treeMap<Leaf, T>((leaf) => (typeof leaf === 'number' ? counts[next++] : leaf), tree);
}

/** A state of the tensors of one tree, with counts where the skeleton has numbers. */
function joined<T>(tensors: T, skeleton: unknown, counts: readonly number[]): T {
  let next = 0;
  return treeMap<Leaf, T>(
    (leaf, place: Leaf) => (typeof place === 'number' ? counts[next++] : leaf),
    tensors,
    skeleton,
  );
}

/** By how much each count grows with a step; it is the same at every step. */
function differences(after: readonly number[], before: readonly number[]): number[] {
  const grown = after.map((count, i) => count - before[i]!);
  if (after.length === before.length && grown.every((by) => Number.isInteger(by))) return grown;
  throw new LabError(
    'unsupported',
    'trainer: the numbers in an optimiser state must be counts to be compiled',
    {
      received: { before, after },
      hint: "keep other numbers as tensors, or train with engine: 'eager'",
    },
  );
}
