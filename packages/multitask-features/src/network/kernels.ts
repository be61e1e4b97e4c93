import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Samples } from '../data/samples';
import { float64Kernels } from './float64-kernels';
import { tensorKernels } from './tensor-kernels';
import type { TensorOps } from './tensor-ops';

/**
 * The sums over samples that both steps are made of, for one table of features and fixed first-layer weights W [m, d].
 * Here P = X W^T, relu its positive part and gate = [P > 0], which is 0 at 0.
 */
export interface LoadedRows {
  /** sum_i c_i relu(P_ij), [m]: what heads are made of. */
  activationSum(c: Float64Array): Promise<Float64Array>;
  /** sum_j a_j relu(P_ij), [n]: the network's outputs. */
  outputs(a: Float64Array): Promise<Float64Array>;
  /** sum_i c_i gate(P_ij) x_i, [m, d]: the gradient of row j is a_j times row j of it. */
  gateMoments(c: Float64Array): Promise<Float64Array>;
  /** sum_i c_i relu(P_ij) x_i, [m, d]: the pairs of a sample with itself. */
  activationMoments(c: Float64Array): Promise<Float64Array>;
  dispose(): void;
}

export interface Kernels {
  load(x: Samples): LoadedRows;
  dispose(): void;
}

/** `float32` runs on the started engine, `float64` as plain loops: exact to rounding, about six times slower. */
export type Precision = 'float32' | 'float64';

export function kernelsFor(weights: Array64, precision: Precision, ops?: TensorOps): Kernels {
  return precision === 'float64' ? float64Kernels(weights) : tensorKernels(weights, ops);
}

/** Rows that are worked on at once: single-precision sums stay short, and activations stay in the cache. */
export const chunkRows = 4096;
