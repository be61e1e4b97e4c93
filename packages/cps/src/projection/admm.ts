import type { SparseRows } from '../constraints/types';
import { affineFactor, projectAffine } from './affine';
import type { RowSolution } from './dual-ascent';
import { rowBlock } from './row-block';

export interface AdmmOptions {
  /** Greatest primal and dual residual. @default 1e-9 */
  readonly tolerance?: number;
  /** @default 20000 */
  readonly maxIterations?: number;
  /** First step size; adapted by the ratio of the residuals. @default 1 */
  readonly rho?: number;
  /** End with an exact projection on the rows at work. @default true */
  readonly polish?: boolean;
}

/**
 * argmin 0.5 |z - x|^2 over l <= G z <= u by the alternating direction method, OSQP (Stellato et al., 2020) for an identity
 * Hessian: z = (I + rho G'G)^-1 (x + G'(rho v - y)), over-relaxed by 1.6, v clipped, y the multipliers. The system is solved
 * through the m x m matrix I / rho + G G' (Woodbury), factored again only when rho changes. An independent second method; many dense
 * rows are its case.
 */
export function admm(
  rows: SparseRows,
  point: Float64Array,
  { tolerance = 1e-9, maxIterations = 20_000, rho = 1, polish = true }: AdmmOptions = {},
): RowSolution {
  const { starts, columns, values, lower, upper } = rows;
  const m = starts.length - 1;
  const n = point.length;
  const gram = denseGram(rows, n);
  let factor = factorFor(gram, { m, rho });
  const x = Float64Array.from(point);
  const v = apply(rows, x).map((value, i) => clip(value, lower[i]!, upper[i]!));
  const y = new Float64Array(m);
  let iterations = 0;
  let converged = m === 0;
  while (!converged && iterations < maxIterations) {
    iterations++;
    const right = Float64Array.from(point);
    for (let i = 0; i < m; i++)
      for (let e = starts[i]!; e < starts[i + 1]!; e++)
        right[columns[e]!]! += values[e]! * (rho * v[i]! - y[i]!);
    const inner = solveFactor(factor, apply(rows, right));
    x.set(right);
    for (let i = 0; i < m; i++)
      for (let e = starts[i]!; e < starts[i + 1]!; e++) x[columns[e]!]! -= values[e]! * inner[i]!;
    const reached = apply(rows, x);
    const change = new Float64Array(n);
    let primal = 0;
    for (let i = 0; i < m; i++) {
      const relaxed = 1.6 * reached[i]! - 0.6 * v[i]!;
      const next = clip(relaxed + y[i]! / rho, lower[i]!, upper[i]!);
      y[i]! += rho * (relaxed - next);
      for (let e = starts[i]!; e < starts[i + 1]!; e++)
        change[columns[e]!]! += rho * values[e]! * (next - v[i]!);
      v[i] = next;
      primal = Math.max(primal, Math.abs(reached[i]! - next));
    }
    const dual = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    converged = primal <= tolerance && dual <= tolerance;
    if (!converged && iterations % 25 === 0) {
      const ratio = Math.sqrt(primal / Math.max(dual, 1e-300));
      if (ratio > 5 || ratio < 0.2) {
        rho = clip(rho * clip(ratio, 0.1, 10), 1e-6, 1e6);
        factor = factorFor(gram, { m, rho });
      }
    }
  }
  if (polish && converged) polishActive(rows, { point, x, y, tolerance });
  return { x, multipliers: y, iterations, converged };
}

function clip(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

function apply({ starts, columns, values }: SparseRows, x: Float64Array): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, i) => {
    let sum = 0;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) sum += values[e]! * x[columns[e]!]!;
    return sum;
  });
}

function denseGram(rows: SparseRows, n: number): Float64Array {
  const m = rows.starts.length - 1;
  const gram = new Float64Array(m * m);
  const spread = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    spread.fill(0);
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++) spread[rows.columns[e]!]! += rows.values[e]!;
    gram.set(apply(rows, spread), i * m);
  }
  return gram;
}

interface Factor {
  readonly m: number;
  readonly lower: Float64Array;
}

/** Cholesky factor of I / rho + G G'. */
function factorFor(gram: Float64Array, { m, rho }: { m: number; rho: number }): Factor {
  const lower = Float64Array.from(gram);
  for (let i = 0; i < m; i++) {
    lower[i * m + i]! += 1 / rho;
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * m + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * m + k]! * lower[j * m + k]!;
      lower[i * m + j] = i === j ? Math.sqrt(sum) : sum / lower[j * m + j]!;
    }
  }
  return { m, lower };
}

function solveFactor({ m, lower }: Factor, right: Float64Array): Float64Array {
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < i; k++) right[i]! -= lower[i * m + k]! * right[k]!;
    right[i]! /= lower[i * m + i]!;
  }
  for (let i = m - 1; i >= 0; i--) {
    for (let k = i + 1; k < m; k++) right[i]! -= lower[k * m + i]! * right[k]!;
    right[i]! /= lower[i * m + i]!;
  }
  return right;
}

/** Projects x exactly on the rows with multipliers, if that keeps every other row. */
function polishActive(
  rows: SparseRows,
  { point, x, y, tolerance }: { point: Float64Array; x: Float64Array; y: Float64Array; tolerance: number },
): void {
  const { starts, columns, values, lower, upper } = rows;
  const active = Array.from(y.keys()).filter(
    (i) => Math.abs(y[i]!) > 10 * tolerance || lower[i] === upper[i],
  );
  if (active.length === 0) return;
  const block = rowBlock(
    active.map((i) => ({
      columns: columns.subarray(starts[i], starts[i + 1]),
      values: values.subarray(starts[i], starts[i + 1]),
    })),
    x.length,
  );
  const target = Float64Array.from(active, (i) => (y[i]! > 0 ? upper[i]! : lower[i]!));
  const polished = Float64Array.from(point);
  projectAffine(block, affineFactor(block), {
    x: polished,
    target,
    lambda: new Float64Array(active.length),
    vector: new Float64Array(active.length),
  });
  const kept = apply(rows, polished).every(
    (value, i) => value >= lower[i]! - tolerance && value <= upper[i]! + tolerance,
  );
  const near = polished.every((value, j) => Math.abs(value - x[j]!) <= 1e3 * tolerance);
  if (kept && near) x.set(polished);
}
