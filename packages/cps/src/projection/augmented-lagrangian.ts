import { rowDot } from './dual-state';
import { minimise } from './lbfgs';
import { outside, type SmoothSolver } from './sequential';

/**
 * The fallback for awkward functions, in place on z: min 0.5 |z - from|^2 with every constraint, linear ones too, moved into
 * the objective with multipliers and a quadratic penalty; L-BFGS inside, penalty x 10 while the violation falls by less than 4
 * (Nocedal and Wright, 2006, chapter 17).
 *
 * @returns outer rounds
 */
export function augmentedLagrangian({
  from,
  z,
  solver,
}: {
  readonly from: Float64Array;
  readonly z: Float64Array;
  readonly solver: SmoothSolver;
}): number {
  const { linear, sample, functions } = solver;
  const { size, all } = linear;
  const count = size + all.rows + functions.length;
  const lower = new Float64Array(count);
  const upper = new Float64Array(count);
  lower.set(linear.lower.subarray(sample * size, (sample + 1) * size));
  upper.set(linear.upper.subarray(sample * size, (sample + 1) * size));
  lower.set(linear.rowLower.subarray(sample * all.rows, (sample + 1) * all.rows), size);
  upper.set(linear.rowUpper.subarray(sample * all.rows, (sample + 1) * all.rows), size);
  functions.forEach((piece, f) => {
    lower[size + all.rows + f] = piece.lower;
    upper[size + all.rows + f] = piece.upper;
  });
  const multipliers = new Float64Array(count);
  const gradientOf = new Float64Array(size);
  let rho = 10;

  const valueOf = (i: number, point: Float64Array): number =>
    i < size
      ? point[i]!
      : i < size + all.rows
        ? rowDot(all, i - size, point)
        : solver.evaluate(i - size - all.rows, point, gradientOf);

  const objective = (point: Float64Array, gradient: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < size; j++) {
      gradient[j] = point[j]! - from[j]!;
      sum += 0.5 * gradient[j]! ** 2;
    }
    for (let i = 0; i < count; i++) {
      const value = valueOf(i, point) + multipliers[i]! / rho;
      const gap = value - Math.min(upper[i]!, Math.max(lower[i]!, value));
      if (gap === 0) continue;
      sum += 0.5 * rho * gap * gap;
      if (i < size) gradient[i]! += rho * gap;
      else if (i < size + all.rows)
        for (let e = all.starts[i - size]!; e < all.starts[i - size + 1]!; e++)
          gradient[all.index[e]!]! += rho * gap * all.values[e]!;
      else for (let j = 0; j < size; j++) gradient[j]! += rho * gap * gradientOf[j]!;
    }
    return sum;
  };

  let before = Infinity;
  for (let round = 1; round <= 15; round++) {
    minimise(objective, z, { maxIterations: 300, tolerance: 1e-9 });
    let worst = 0;
    for (let i = 0; i < count; i++) {
      const value = valueOf(i, z);
      worst = Math.max(worst, outside(value, lower[i]!, upper[i]!));
      const shifted = value + multipliers[i]! / rho;
      multipliers[i] = rho * (shifted - Math.min(upper[i]!, Math.max(lower[i]!, shifted)));
    }
    if (worst <= 1e-9) return round;
    if (worst > before / 4 && rho < 1e8) rho *= 10;
    before = worst;
  }
  return 15;
}
