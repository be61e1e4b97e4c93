import {
  applyUpdates,
  cloneTree,
  countGrowth,
  countsAlone,
  countsOf,
  disposeTree,
  engine as startEngine,
  joinCounts,
  tf,
  tidyTree,
  treeZerosLike,
  valueAndGrad,
  withoutCounts,
  type GradientTransformation,
  type Key,
  type OptimizerState,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import { treeMap } from '@lab/tensor-core/tree';
import { scalarsOf } from '../training/scalars';
import { runLoop, withMade, type LoopOptions, type LoopReport } from '../training/loop';
import type { Loss } from '../training/slot-training';
import { stateMachine } from '../training/state-machine';
import type { Task } from '../training/tasks';

export interface ReptileOptions<Params, Batch> extends LoopOptions {
  readonly params: Params;
  readonly tasks: readonly Task<Params, Batch>[];
  readonly loss: Loss<Params, Batch>;
  /** Optimiser of each task's own steps; it starts anew for every task. */
  readonly inner: GradientTransformation;
  /** Optimiser of the outer steps. */
  readonly outer: GradientTransformation;
  /** Inner steps on a task, at least 1. @default 20 */
  readonly innerSteps?: number;
  /** Rounds over all tasks. */
  readonly rounds: number;
  /** An outer step after each task, or one after all of them. @default 'per-task' */
  readonly step?: 'per-task' | 'accumulate';
}

export interface ReptileResult<Params> {
  readonly params: Params;
  readonly report: LoopReport;
}

interface State<Params> {
  readonly params: Params;
  readonly moments: OptimizerState;
  readonly fast: Params;
  readonly fastMoments: OptimizerState;
  readonly gradient: Params;
}

interface Input<Batch> {
  /** What the step does: trains the copy, or takes the copy's way in; then moves the parameters, or not. */
  readonly kind: 'inner' | 'collect' | 'outer';
  readonly batch?: Batch;
  readonly scalars: unknown;
}

/**
 * Reptile (Nichol et al. 2018): a copy of the parameters takes steps on a task, and the parameters move towards where it ended. The
 * outer gradient is (theta - theta_t) / T, so that descent goes towards the tasks.
 *
 * @throws LabError `argument` for settings out of range, `numeric` for a loss that is not finite, `aborted`
 */
export async function reptile<Params, Batch>(
  options: ReptileOptions<Params, Batch>,
): Promise<ReptileResult<Params>> {
  const {
    params,
    tasks,
    loss,
    inner,
    outer,
    innerSteps = 20,
    rounds,
    step: policy = 'per-task',
    key,
  } = options;
  if (
    tasks.length === 0 ||
    !(Number.isInteger(innerSteps) && innerSteps >= 1) ||
    !(Number.isInteger(rounds) && rounds >= 1)
  )
    throw new LabError('argument', 'reptile: tasks, innerSteps and rounds are at least 1', {
      argument: 'tasks, innerSteps, rounds',
      received: [tasks.length, innerSteps, rounds],
    });
  await startEngine();
  const started = { outer: outer.init(params), inner: inner.init(params), gradient: treeZerosLike(params) };
  const skeletons = { outer: countsAlone(started.outer), inner: countsAlone(started.inner) };
  const fresh = countsOf(started.inner);
  let counts = { outer: countsOf(started.outer), inner: fresh };
  // Known once a kind of step was run or traced; each optimiser has its own.
  const growth = { inner: [] as number[], outer: [] as number[] };
  const warnings: string[] = [];
  const machine = stateMachine<State<Params>, Input<Batch>, Tensor>(
    (state, { kind, batch, scalars }, stepKey) => {
      if (kind === 'inner') {
        const { value, grads } = valueAndGrad(loss)(state.fast, batch!, stepKey);
        const updated = inner.update(
          grads,
          joinCounts(state.fastMoments, skeletons.inner, counts.inner),
          state.fast,
          scalars,
        );
        growth.inner = countGrowth(updated.state, counts.inner);
        return {
          state: {
            ...state,
            fast: applyUpdates(state.fast, updated.updates),
            fastMoments: withoutCounts(updated.state),
          },
          output: value,
        };
      }
      const gradient = treeMap(
        (sum: Tensor, slow: Tensor, fast: Tensor) => tf.add(sum, tf.div(tf.sub(slow, fast), tasks.length)),
        state.gradient,
        state.params,
        state.fast,
      );
      const fastMoments = withoutCounts(inner.init(state.params));
      if (kind === 'collect')
        return {
          state: { ...state, gradient, fast: cloneTree(state.params), fastMoments },
          output: tf.scalar(0),
        };
      const updated = outer.update(
        gradient,
        joinCounts(state.moments, skeletons.outer, counts.outer),
        state.params,
        scalars,
      );
      growth.outer = countGrowth(updated.state, counts.outer);
      const next = applyUpdates(state.params, updated.updates);
      return {
        state: {
          params: next,
          moments: withoutCounts(updated.state),
          fast: cloneTree(next),
          fastMoments,
          gradient: treeZerosLike(gradient),
        },
        output: tf.scalar(0),
      };
    },
    {
      params,
      moments: withoutCounts(started.outer),
      fast: params,
      fastMoments: withoutCounts(started.inner),
      gradient: started.gradient,
    },
    { ...options, onNotice: (message) => warnings.push(message) },
  );
  disposeTree(started);

  const run = (which: 'inner' | 'outer', input: Omit<Input<Batch>, 'scalars'>, stepKey: Key): number => {
    const scalars =
      input.kind === 'collect'
        ? {}
        : tidyTree(() =>
            scalarsOf(
              machine,
              which === 'inner' ? inner : outer,
              joinCounts(skeletons[which], skeletons[which], counts[which]),
            ),
          );
    try {
      const output = machine.run({ ...input, scalars }, stepKey);
      const [value = Number.NaN] = output.dataSync();
      output.dispose();
      if (input.kind !== 'collect')
        counts = { ...counts, [which]: counts[which].map((count, i) => count + growth[which][i]!) };
      return value;
    } finally {
      disposeTree(scalars);
    }
  };

  try {
    const steps = rounds * tasks.length;
    const { losses, seconds } = await runLoop(options, { steps, caller: 'reptile' }, (index) => {
      const stepKey = foldIn(key, index);
      const t = index % tasks.length;
      let sum = 0;
      let done = 0;
      for (let pass = 0; done < innerSteps; pass++) {
        const epoch = Math.floor(index / tasks.length) + pass;
        const { value: batches, free } = withMade(() => tasks[t]!.batches(epoch, foldIn(stepKey, 0)));
        try {
          if (batches.length === 0)
            throw new LabError('argument', `task ${tasks[t]!.id} has no batch`, { argument: 'tasks' });
          for (const batch of batches.slice(0, innerSteps - done)) {
            sum += run('inner', { kind: 'inner', batch }, foldIn(foldIn(stepKey, 1), done));
            done += 1;
          }
        } finally {
          free();
        }
      }
      const moves = policy === 'per-task' || t === tasks.length - 1;
      run('outer', { kind: moves ? 'outer' : 'collect' }, foldIn(stepKey, 2));
      counts = { ...counts, inner: fresh };
      return sum / innerSteps;
    });
    const { params: trained, ...rest } = machine.read();
    disposeTree(rest);
    return { params: trained, report: { losses, seconds, steps, engine: machine.engine, warnings } };
  } finally {
    machine.dispose();
  }
}
