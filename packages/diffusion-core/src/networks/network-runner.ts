import { chooseExecution, executionDefault, noticeOnce, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { compile, type Compiled } from '@lab/tensor-core/compile';
import { isLabError } from '@lab/tensor-core/errors';
import type { PredictContext } from '../types';

/** One evaluation of a network: a state [B, ...], one time for all of it. */
export interface NetworkCall<Params, Condition> {
  readonly params: Params;
  readonly x: Tensor;
  /** As the network is told it. */
  readonly t: number;
  readonly condition: Condition | undefined;
}

/** Runs a network op by op or compiled. The result is the caller's, and never the state itself. */
export interface NetworkRunner<Params, Condition, Result = Tensor> {
  call(given: NetworkCall<Params, Condition>, context?: PredictContext): Result;
  /** Frees the compiled graphs; the next compiled call makes them anew. */
  dispose(): void;
}

/** Tracing and starting the runtime cost about what this many evaluations of a small network do. */
const fewestCalls = 20;

type Apply<Params, Condition> = [params: Params, x: Tensor, t: Tensor, condition: Condition | undefined];

/** A function of a network's weights: to a state, or to a tree of tensors that belongs to the caller. */
export interface RunnableNetwork<Params, Condition, Result> {
  apply(params: Params, x: Tensor, t: Tensor, condition?: Condition): Result;
}

export function networkRunner<Params, Condition, Result = Tensor>(
  network: RunnableNetwork<Params, Condition, Result>,
): NetworkRunner<Params, Condition, Result> {
  const apply = (...[params, x, t, condition]: Apply<Params, Condition>): Result =>
    tidyTree(() => {
      const y = network.apply(params, x, t, condition);
      // A network that returns its input would hand the sampler's own state over for disposal.
      return (y as unknown) === x ? (tf.clone(x) as unknown as Result) : y;
    });
  let compiled: Compiled<Apply<Params, Condition>, Result> | undefined;
  let isRefused = false;

  const orEager = (args: Apply<Params, Condition>): Result => {
    try {
      return (compiled ??= compile(apply))(...args);
    } catch (error) {
      if (!isLabError(error) || error.code !== 'unsupported') throw error;
      // What op by op refuses as well is the network's own refusal, and says nothing about compiling.
      const y = apply(...args);
      isRefused = true;
      dispose();
      noticeOnce(`a denoiser runs eagerly, op by op: ${error.message}`);
      return y;
    }
  };
  const dispose = (): void => {
    compiled?.dispose();
    compiled = undefined;
  };
  return {
    dispose,
    call({ params, x, t, condition }, { engine = 'auto', calls = 1 } = {}) {
      const times = tf.fill([x.shape[0]], t);
      const args: Apply<Params, Condition> = [params, x, times, condition];
      try {
        const isChoice = engine === 'auto' && executionDefault() === 'auto';
        if (isChoice && (isRefused || calls < fewestCalls)) return apply(...args);
        if (chooseExecution(engine) === 'eager') return apply(...args);
        return isChoice ? orEager(args) : (compiled ??= compile(apply))(...args);
      } finally {
        times.dispose();
      }
    },
  };
}
