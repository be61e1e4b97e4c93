import quadprog from 'quadprog';
import type { SparseRows } from './api';

/** Nearest point of rows l <= G z <= u by Goldfarb and Idnani's method (npm package quadprog), one-based arrays as it wants. */
export function nearestByQuadprog(
  rows: SparseRows,
  x: ArrayLike<number>,
): { z: number[]; multipliers: number[] } {
  const n = x.length;
  const equalities: number[] = [];
  const sides: { row: number; sign: number }[] = [];
  const m = rows.starts.length - 1;
  for (let i = 0; i < m; i++)
    if (rows.lower[i] === rows.upper[i]) equalities.push(i);
    else {
      if (rows.upper[i]! < Infinity) sides.push({ row: i, sign: -1 });
      if (rows.lower[i]! > -Infinity) sides.push({ row: i, sign: 1 });
    }
  const all = [...equalities.map((row) => ({ row, sign: 1 })), ...sides];
  const D: number[][] = [[]];
  const A: number[][] = [[]];
  for (let i = 1; i <= n; i++) {
    D[i] = new Array<number>(n + 1).fill(0);
    D[i]![i] = 1;
    A[i] = new Array<number>(all.length + 1).fill(0);
  }
  const b = [0];
  all.forEach(({ row, sign }, c) => {
    for (let e = rows.starts[row]!; e < rows.starts[row + 1]!; e++)
      A[rows.columns[e]! + 1]![c + 1]! += sign * rows.values[e]!;
    b.push(sign > 0 ? rows.lower[row]! : -rows.upper[row]!);
  });
  const d = [0, ...Array.from(x)];
  const solved = quadprog.solveQP(D, d, A, b, equalities.length);
  if (solved.message !== '') throw new Error(`quadprog: ${solved.message}`);
  const multipliers = new Array<number>(m).fill(0);
  all.forEach(({ row, sign }, c) => (multipliers[row]! += -sign * solved.Lagrangian[c + 1]!));
  return { z: solved.solution.slice(1), multipliers };
}
