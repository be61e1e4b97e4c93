import type { ExecutionChoice } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import type { Solver } from '../solvers/types';
import type { Control, Schedule } from '../types';

export interface SampleOptions<X, Condition = unknown> {
  readonly schedule: Schedule;
  /** @default ddim() */
  readonly solver?: Solver;
  /** Number of steps on the schedule's own grid. @default 50 */
  readonly steps?: number;
  /** The grid itself, strictly decreasing in [0, 1] and ending at 0; replaces `steps`. */
  readonly times?: readonly number[];
  /** Shape [B, ...] of the samples, started from standard normal noise; or give `init`. */
  readonly shape?: readonly number[];
  /** The state at the first time; it stays the caller's. Or give `shape`. */
  readonly init?: X;
  /** All randomness of the run; the same key gives the same samples. */
  readonly key: Key;
  /** Passed to the denoiser and the controls as it is. */
  readonly condition?: Condition | undefined;
  /** Methods that steer the run, acting in this order. @default [] */
  readonly controls?: readonly Control<X>[];
  /**
   * How the denoiser's network runs: op by op (`eager`), or compiled to one graph by ONNX Runtime (`compiled`), several
   * times faster and equal up to rounding. `auto` compiles runs of at least 20 model calls where onnxruntime-node is
   * installed and the network can be compiled. Which one it is does not depend on earlier runs, and no run changes it
   * midway.
   *
   * @default 'auto', that is as `engine({ execution })` says
   */
  readonly engine?: ExecutionChoice | undefined;
  /** Aborts between two steps with a `LabError` of code `aborted`; everything is freed. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step; awaited. States in it are only valid during the call, but for the last step's `x`. */
  readonly onStep?: ((point: TrajectoryPoint<X>) => void | Promise<void>) | undefined;
}

/** One step as seen from outside. */
export interface TrajectoryPoint<X> {
  /** 0 for the noisiest step, `steps - 1` for the last. */
  readonly index: number;
  readonly steps: number;
  /** Time before the step. */
  readonly t: number;
  /** Time of `x`. */
  readonly tNext: number;
  /** The state after the step. */
  readonly x: X;
  /** The controlled posterior mean that the step was made from. */
  readonly x0: X;
  /** The noise estimate that the step was made from. */
  readonly noise: X;
  /** So far. */
  readonly modelCalls: number;
  /** So far. */
  readonly seconds: number;
}

export interface SampleResult<X> {
  /** The state at t = 0, [B, ...]; the caller's to dispose. */
  readonly samples: X;
  readonly modelCalls: number;
  readonly steps: number;
  readonly seconds: number;
}
