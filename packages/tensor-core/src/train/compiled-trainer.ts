import { compileStep } from '../compile/compile-step';
import { numbersOf } from '../optim/numbers';
import type { Ema, UpdateNumbers } from '../optim';
import type { Key } from '../random';
import { LabError } from '../errors';
import { countGrowth, countsAlone, countsOf, joinCounts, withoutCounts } from '../optim/counts';
import { tf, type Scalar, type Tensor } from '../tf';
import { treeLeaves, treeUnflatten } from '../tree';
import { disposeTree } from '../tree-tensor';
import { steppedBy, type TrainState } from './train-step';
import type { Trainer, TrainerOptions } from './trainer';

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
  let counts = countsOf(initial);
  let increments: readonly number[] | undefined;
  const skeleton = countsAlone(initial);
  const numbers = (): UpdateNumbers => {
    const state = joinCounts(skeleton, skeleton, counts);
    return {
      optimizer: numbersOf(optimizer, state.optimizer),
      ema: ema && state.average ? ema.numbers(state.average) : {},
    };
  };
  let like = numbers();

  const compiled = compileStep(
    (tensors: TrainState<Params>, batch: Batch, scalars: Tensor, key: Key) => {
      const state = joinCounts(tensors, skeleton, counts);
      const each = treeLeaves<number>(like).length > 0 ? tf.unstack(scalars) : [];
      const { state: next, loss: value } = advance(state, batch, key, treeUnflatten(like, each) as object);
      increments = countGrowth(next, counts);
      return { state: withoutCounts(next), output: value };
    },
    withoutCounts(initial),
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
    state: () => joinCounts(compiled.read(), skeleton, counts),
    async look(use) {
      const state = joinCounts(compiled.read(), skeleton, counts);
      try {
        return await use(state);
      } finally {
        disposeTree(state);
      }
    },
    dispose: () => compiled.dispose(),
  };
}
