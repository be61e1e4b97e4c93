import type { Array64 } from '@lab/tensor-core/linalg64';
import type { LinearScores } from './ridge';

/**
 * Support vector machine: minimises sum_i v_i max(0, 1 - y_i s_i) / sum v + l2 / 2 |a|^2 by dual coordinate ascent in a fixed
 * order, which draws nothing (Hsieh et al., ICML 2008). The intercept is the weight of a constant feature.
 */
export function hinge(
  phi: Array64,
  y: Float64Array,
  { l2, weights }: { readonly l2: number; readonly weights?: Float64Array },
): LinearScores {
  const [n, m] = phi.shape as [number, number];
  const v = weights ?? new Float64Array(n).fill(1);
  const total = v.reduce((sum, value) => sum + value, 0);
  const dual = new Float64Array(n);
  const a = new Float64Array(m);
  let intercept = 0;
  const squares = Float64Array.from({ length: n }, (_, i) => {
    let sum = 1;
    for (let j = 0; j < m; j++) sum += phi.data[i * m + j]! ** 2;
    return sum;
  });
  for (let sweep = 0; sweep < 1000; sweep++) {
    let violation = 0;
    for (let i = 0; i < n; i++) {
      let score = intercept;
      for (let j = 0; j < m; j++) score += a[j]! * phi.data[i * m + j]!;
      const slope = y[i]! * score - 1;
      const limit = v[i]! / (l2 * total);
      const before = dual[i]!;
      const projected = before === 0 ? Math.min(slope, 0) : before === limit ? Math.max(slope, 0) : slope;
      violation = Math.max(violation, Math.abs(projected));
      dual[i] = Math.min(limit, Math.max(0, before - slope / squares[i]!));
      const change = (dual[i]! - before) * y[i]!;
      if (change === 0) continue;
      intercept += change;
      for (let j = 0; j < m; j++) a[j]! += change * phi.data[i * m + j]!;
    }
    if (violation < 1e-4) break;
  }
  return { coefficients: a, intercept };
}
