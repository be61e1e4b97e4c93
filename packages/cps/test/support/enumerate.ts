import { fromRows, lstsq } from '@lab/tensor-core/linalg64';
import type { SparseRows } from './api';

/** Nearest point of a few rows by trying every choice of rows at work: the least distance among feasible candidates. */
export function enumerateActiveSets(rows: SparseRows, x: readonly number[]): number[] {
  const m = rows.starts.length - 1;
  const n = x.length;
  const dense = Array.from({ length: m }, (_, i) => {
    const row = new Array<number>(n).fill(0);
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++) row[rows.columns[e]!]! += rows.values[e]!;
    return row;
  });
  const value = (i: number, z: readonly number[]): number =>
    dense[i]!.reduce((sum, a, j) => sum + a * z[j]!, 0);
  let best: number[] | undefined;
  let least = Infinity;
  for (let code = 0; code < 3 ** m; code++) {
    const active: { row: number[]; target: number }[] = [];
    let rest = code;
    for (let i = 0; i < m; i++, rest = Math.floor(rest / 3)) {
      if (rest % 3 === 1) active.push({ row: dense[i]!, target: rows.upper[i]! });
      if (rest % 3 === 2) active.push({ row: dense[i]!, target: rows.lower[i]! });
    }
    if (active.some(({ target }) => !Number.isFinite(target))) continue;
    const z = [...x];
    if (active.length > 0) {
      // z = x - A' w with A A' w = A x - b, least squares where rows depend on each other.
      const gram = fromRows(
        active.map((a) => active.map((b) => a.row.reduce((sum, v, j) => sum + v * b.row[j]!, 0))),
      );
      const right = fromRows(
        active.map(({ row, target }) => [row.reduce((sum, v, j) => sum + v * x[j]!, 0) - target]),
      );
      const w = lstsq(gram, right).x.data;
      active.forEach(({ row }, k) => row.forEach((v, j) => (z[j]! -= w[k]! * v)));
    }
    const feasible = dense.every(
      (_, i) => value(i, z) <= rows.upper[i]! + 1e-10 && value(i, z) >= rows.lower[i]! - 1e-10,
    );
    const cost = Math.hypot(...z.map((v, j) => v - x[j]!));
    if (feasible && cost < least) {
      least = cost;
      best = z;
    }
  }
  if (best === undefined) throw new Error('no active set is feasible');
  return best;
}
