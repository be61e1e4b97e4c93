import type { Array64 } from '@lab/tensor-core';

/** `lower <= G x <= upper`, rows in compressed sparse form over the flattened series [L, K]; equal bounds are equalities. */
export interface SparseRows {
  /** Row i's entries are `columns[starts[i] .. starts[i+1]]`, `values[...]`. Length m + 1. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  /** [m], or [batch, m] row-major when each sample has its own bounds; -Infinity where there is none. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** How the distance from a constraint is counted: l1 is the sum of positive parts, quadratic the sum of their squares. */
export type Penalty = 'l1' | 'quadratic';

export interface ProjectOptions {
  /** ln of the penalty coefficient gamma; `Infinity` asks for the exact projection. Above 20 it is treated as exact. @default Infinity */
  readonly logGamma?: number;
  /** @default 'l1' */
  readonly penalty?: Penalty;
  /** Greatest row violation accepted, in the units of x. @default 1e-9 */
  readonly tolerance?: number;
  /** Multipliers of an earlier call on nearby points (as returned); makes the sweeps fewer. */
  readonly warm?: Float64Array;
}

export interface ProjectionReport {
  /** Worst status over the batch. */
  readonly status: 'converged' | 'infeasible' | 'not-converged';
  /** [batch] greatest remaining violation of each sample. */
  readonly residual: Float64Array;
  /** Sweeps or iterations, the most over the batch. */
  readonly iterations: number;
  /** Names of the constraints that remain violated beyond the tolerance. */
  readonly violated: readonly string[];
  /** Multipliers to pass as `warm` to the next call, where the method has any. */
  readonly multipliers?: Float64Array;
}

/** A set of constraints made ready for one shape, scale and batch of parameters: what the sampler calls at each step. */
export interface Projector {
  /** [L, K], steps and channels. */
  readonly shape: readonly [length: number, channels: number];
  /** Rows or scalar conditions counted, the paper's "number of constraints". */
  readonly count: number;
  readonly convex: boolean;
  /** Replaces each sample of x [B, L, K] by its proximal point, in place, the whole batch in one call. */
  project(x: Array64, options?: ProjectOptions): ProjectionReport;
  /** [B] total l1 violation (sum of positive parts) of each sample. */
  violation(x: Array64): Float64Array;
}
