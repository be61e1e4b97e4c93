import {
  applyUpdates,
  countGrowth,
  countsAlone,
  countsOf,
  disposeTree,
  engine as startEngine,
  grad,
  joinCounts,
  tf,
  tidyTree,
  valueAndGrad,
  withoutCounts,
  type GradientTransformation,
  type Key,
  type OptimizerState,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import {
  pathMatcher,
  treeFlatten,
  treeLeaves,
  treeMap,
  treeUnflatten,
  type PathSelector,
  type Tree,
} from '@lab/tensor-core/tree';
import { scalarsOf } from '../training/scalars';
import { runLoop, withMade, type LoopOptions, type LoopReport } from '../training/loop';
import type { Loss } from '../training/slot-training';
import { stateMachine } from '../training/state-machine';

/** A task's two batches of one step: to adapt on, and to judge the adapted network by. */
export interface Episode<Batch> {
  readonly support: Batch;
  readonly query: Batch;
}

export interface MamlObjectiveOptions<Params, Batch> {
  readonly loss: Loss<Params, Batch>;
  /** Step size of the inner gradient descent, above 0. @default 0.01 */
  readonly innerRate?: number;
  /** Inner steps, at least 1. @default 1 */
  readonly innerSteps?: number;
  /** Which parameters the inner descent changes, such as a head alone. @default all */
  readonly adapts?: PathSelector;
  /** Leaves the second derivatives out (FOMAML). @default false */
  readonly firstOrder?: boolean;
}

export interface MamlOptions<Params, Batch> extends MamlObjectiveOptions<Params, Batch>, LoopOptions {
  readonly params: Params;
  /** The tasks' episodes of a step (from 0). Tensors made in the call are freed after the step. */
  readonly episodes: (step: number, key: Key) => readonly Episode<Batch>[];
  readonly optimizer: GradientTransformation;
  readonly steps: number;
}

export interface MamlResult<Params> {
  readonly params: Params;
  readonly report: LoopReport;
}

/**
 * Gradient of MAML's objective, mean_t L(theta - inner descent on support_t; query_t), differentiated through the inner descent: the
 * second derivatives are exact.
 */
export function mamlValueAndGrad<Params, Batch>({
  loss,
  innerRate = 0.01,
  innerSteps = 1,
  adapts = () => true,
  firstOrder = false,
}: MamlObjectiveOptions<Params, Batch>): (
  params: Params,
  episodes: readonly Episode<Batch>[],
  key: Key,
) => { value: Tensor; grads: Params } {
  if (!(innerRate > 0 && Number.isInteger(innerSteps) && innerSteps >= 1))
    throw new LabError('argument', 'maml: innerRate is above 0 and innerSteps at least 1', {
      argument: 'innerRate, innerSteps',
      received: [innerRate, innerSteps],
    });
  const isAdapted = pathMatcher(adapts);
  const adapted = (params: Params, support: Batch, key: Key): Params => {
    let fast = params;
    for (let step = 0; step < innerSteps; step++) {
      const slope = grad((each: Params) => loss(each, support, foldIn(key, step)))(fast);
      const slopes = treeLeaves<Tensor>(slope as Tree<Tensor>);
      fast = treeUnflatten(
        fast,
        treeFlatten(fast as Tree<Tensor>).map(([path, leaf], i) =>
          isAdapted(path) ? tf.sub(leaf, tf.mul(slopes[i]!, innerRate)) : leaf,
        ),
      );
    }
    return fast;
  };
  const meanOf = (values: readonly Tensor[]): Tensor => tf.div(tf.addN([...values]), values.length);
  return (params, episodes, key) => {
    if (episodes.length === 0)
      throw new LabError('argument', 'maml: there are no episodes', { argument: 'episodes' });
    const judged = (fast: Params, { query }: Episode<Batch>, t: number): Tensor =>
      loss(fast, query, foldIn(foldIn(key, t), 1));
    const keyOf = (t: number): Key => foldIn(foldIn(key, t), 0);
    if (!firstOrder)
      return valueAndGrad((each: Params) =>
        meanOf(episodes.map((episode, t) => judged(adapted(each, episode.support, keyOf(t)), episode, t))),
      )(params);
    return tidyTree(() => {
      const each = episodes.map((episode, t) =>
        valueAndGrad((fast: Params) => judged(fast, episode, t))(adapted(params, episode.support, keyOf(t))),
      );
      const [first, ...rest] = each.map(({ grads }) => grads);
      const total = rest.reduce((sum, next) => summed(sum, next), first!);
      return {
        value: meanOf(each.map(({ value }) => value)),
        grads: treeMap<Params>((leaf: Tensor) => tf.div(leaf, each.length), total),
      };
    });
  };
}

function summed<T>(a: T, b: T): T {
  return treeMap((left: Tensor, right: Tensor) => tf.add(left, right), a, b);
}

/**
 * MAML (Finn et al. 2017): parameters from which a few gradient steps fit a new task. Exact second derivatives, or FOMAML.
 *
 * @throws LabError `argument` for settings out of range, `numeric` for a loss that is not finite, `aborted`
 */
export async function maml<Params, Batch>(options: MamlOptions<Params, Batch>): Promise<MamlResult<Params>> {
  const { params, episodes, optimizer, steps, key } = options;
  const objective = mamlValueAndGrad(options);
  await startEngine();
  const first = optimizer.init(params);
  const skeleton = countsAlone(first);
  const warnings: string[] = [];
  let counts = countsOf(first);
  let growth: number[] = [];
  const machine = stateMachine<
    { params: Params; moments: OptimizerState },
    { episodes: readonly Episode<Batch>[]; scalars: unknown },
    Tensor
  >(
    (state, input, stepKey) => {
      const { value, grads } = objective(state.params, input.episodes, stepKey);
      const before = joinCounts(state.moments, skeleton, counts);
      const updated = optimizer.update(grads, before, state.params, input.scalars);
      growth = countGrowth(updated.state, counts);
      return {
        state: { params: applyUpdates(state.params, updated.updates), moments: withoutCounts(updated.state) },
        output: value,
      };
    },
    { params, moments: withoutCounts(first) },
    { ...options, onNotice: (message) => warnings.push(message) },
  );
  disposeTree(first);
  try {
    const { losses, seconds } = await runLoop(options, { steps, caller: 'maml' }, (step) => {
      const stepKey = foldIn(key, step);
      const drawn = withMade(() => episodes(step, foldIn(stepKey, 0)));
      const scalars = tidyTree(() => scalarsOf(machine, optimizer, joinCounts(skeleton, skeleton, counts)));
      try {
        const output = machine.run({ episodes: drawn.value, scalars }, foldIn(stepKey, 1));
        const [loss = Number.NaN] = output.dataSync();
        output.dispose();
        counts = counts.map((count, i) => count + growth[i]!);
        return loss;
      } finally {
        drawn.free();
        disposeTree(scalars);
      }
    });
    const state = machine.read();
    disposeTree(state.moments);
    return { params: state.params, report: { losses, seconds, steps, engine: machine.engine, warnings } };
  } finally {
    machine.dispose();
  }
}
