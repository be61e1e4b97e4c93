import type { Penalty, SparseRows } from '../constraints/types';
import { penaltyMode } from './penalty';

export interface RowSolverOptions {
  /** ln of the penalty coefficient. @default Infinity, the exact projection */
  readonly logGamma?: number;
  /** @default 'l1' */
  readonly penalty?: Penalty;
  /** Greatest change of a row's value in the last sweep. @default 1e-11 */
  readonly tolerance?: number;
  /** @default 100000 */
  readonly maxIterations?: number;
}

export interface RowSolution {
  readonly x: Float64Array;
  /** [m], positive where the upper bound is at work. */
  readonly multipliers: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * argmin 0.5 |z - x|^2 + 0.5 gamma Pi(z) over rows l <= G z <= u, by capped dual coordinate ascent: one multiplier a row, z = x -
 * G' lambda, each row solved in turn. Hildreth's method (1957) for hard constraints; the cap gamma / 2 makes it the l1 penalty and
 * 1 / gamma beside the squared norm the quadratic one (derived: the dual of the penalised problem differs in nothing else).
 *
 * Simple and sure, linearly convergent: the reference for the projector's own method, which adds Newton steps.
 */
export function dualAscent(
  rows: SparseRows,
  point: Float64Array,
  { logGamma = Infinity, penalty = 'l1', tolerance = 1e-11, maxIterations = 100_000 }: RowSolverOptions = {},
): RowSolution {
  const { starts, columns, values, lower, upper } = rows;
  const { cap, softness } = penaltyMode(logGamma, penalty);
  const m = starts.length - 1;
  const x = Float64Array.from(point);
  const multipliers = new Float64Array(m);
  const norms = Float64Array.from({ length: m }, (_, i) => {
    let sum = 0;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) sum += values[e]! * values[e]!;
    return sum;
  });
  let iterations = 0;
  for (; iterations < maxIterations; iterations++) {
    let most = 0;
    for (let i = 0; i < m; i++) {
      let value = -softness * multipliers[i]!;
      for (let e = starts[i]!; e < starts[i + 1]!; e++) value += values[e]! * x[columns[e]!]!;
      const curvature = norms[i]! + softness;
      const present = multipliers[i]!;
      const up = present + (value - upper[i]!) / curvature;
      const low = present + (value - lower[i]!) / curvature;
      const next = up > 0 ? Math.min(cap, up) : Math.min(0, Math.max(-cap, low));
      const change = next - present;
      if (change === 0) continue;
      multipliers[i] = next;
      for (let e = starts[i]!; e < starts[i + 1]!; e++) x[columns[e]!]! -= change * values[e]!;
      most = Math.max(most, Math.abs(change) * curvature);
    }
    if (most <= tolerance) return { x, multipliers, iterations: iterations + 1, converged: true };
  }
  return { x, multipliers, iterations, converged: false };
}
