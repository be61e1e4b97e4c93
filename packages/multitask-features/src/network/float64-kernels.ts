import { array64, matmulTransposed, type Array64 } from '@lab/tensor-core/linalg64';
import type { Samples } from '../data/samples';
import type { Kernels, LoadedRows } from './kernels';

/** X W^T [n, m]. */
export function preactivations(x: Samples, weights: Array64): Float64Array {
  return matmulTransposed(array64(x.shape, x.data), weights).data;
}

/** sum_i coefficient_ij x_i for every j, [m, d]. */
export function weightedMoments(x: Samples, coefficients: Float64Array, m: number): Float64Array {
  const [n, d] = x.shape as [number, number];
  const moments = new Float64Array(m * d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) {
      const factor = coefficients[i * m + j]!;
      if (factor === 0) continue;
      const to = j * d;
      const from = i * d;
      for (let k = 0; k < d; k++) moments[to + k]! += factor * x.data[from + k]!;
    }
  return moments;
}

export function float64Kernels(weights: Array64): Kernels {
  const m = weights.shape[0]!;
  const load = (x: Samples): LoadedRows => {
    const p = preactivations(x, weights);
    const n = x.shape[0]!;
    const gated = (c: Float64Array, factor: (value: number) => number): Float64Array =>
      weightedMoments(
        x,
        p.map((value, at) => (value > 0 ? c[Math.floor(at / m)]! * factor(value) : 0)),
        m,
      );
    return {
      async activationSum(c) {
        const sum = new Float64Array(m);
        for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) sum[j]! += c[i]! * Math.max(0, p[i * m + j]!);
        return sum;
      },
      async outputs(a) {
        const g = new Float64Array(n);
        for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) g[i]! += a[j]! * Math.max(0, p[i * m + j]!);
        return g;
      },
      gateMoments: async (c) => gated(c, () => 1),
      activationMoments: async (c) => gated(c, (value) => value),
      dispose: () => undefined,
    };
  };
  return { load, dispose: () => undefined };
}
