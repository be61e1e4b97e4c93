import type { ExecutionChoice } from '@lab/tensor-core';
import type { Denoiser, Schedule, TrajectoryPoint } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Key } from '@lab/tensor-core/random';
import type { Projector } from '../constraints/types';

/** What every method is given: a trained model, constraints on each series, and how many series. */
export interface ConstrainedProblem {
  readonly denoiser: Denoiser<Array64>;
  readonly schedule: Schedule;
  readonly projector: Projector;
  /** Number of series. */
  readonly batch: number;
}

/** What every method takes beside its own options. */
export interface MethodOptions {
  readonly key: Key;
  /** @default 50 */
  readonly steps?: number;
  /** The noise to start from [B, L, K], so that methods can be compared on the same one. @default drawn with `key` */
  readonly init?: Array64;
  /** Limits of the posterior mean before anything acts on it. @default none */
  readonly clamp?: readonly [low: number, high: number];
  /** Passed to the denoiser as it is. */
  readonly condition?: unknown;
  /** How the network runs, as in `sample`. @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. */
  readonly onStep?: ((point: Pick<TrajectoryPoint<Array64>, 'index' | 'steps'>) => void) | undefined;
}

/** What every method gives back. */
export interface MethodResult {
  /** [B, L, K] in the coordinates of the model. */
  readonly samples: Array64;
  /** [B] total violation of each series. */
  readonly violation: Float64Array;
  readonly modelCalls: number;
  readonly seconds: number;
}

/** One way of generating series under constraints, its own options already chosen. */
export interface SeriesMethod {
  readonly name: string;
  run(problem: ConstrainedProblem, options: MethodOptions): Promise<MethodResult>;
}
