import { createDictionary } from './dictionary';

/**
 * Solves `min costs . c, A' c >= requirements, c >= 0` for one matrix A [j][i] and ever new costs and requirements.
 * It owns its memory: what it gives is overwritten by the next call.
 */
export interface CoveringSolver {
  /** c of the last call, by column j. */
  readonly counts: Float64Array;
  /** Prices y of the last call, by row i: what one more unit of requirement would cost. */
  readonly dual: Float64Array;
  /** Pivots of the last call. */
  readonly pivots: () => number;
  /**
   * @param costs of each column, 0 or more; columns of cost 0 are taken as free
   * @param requirements of each row, 0 or more; a row of 0 asks for nothing
   * @returns the value, or Infinity when a requirement cannot be met
   */
  readonly solve: (costs: ArrayLike<number>, requirements: ArrayLike<number>) => number;
}

/**
 * The simplex method on the dual, `max requirements . y, A y <= costs, y >= 0`, which has a feasible start, y = 0, because
 * costs are not negative; c is read off its objective row. Unbounded means that some requirement cannot be met.
 *
 * Free columns never enter: what they cover is covered, and the rest is a smaller program without the degenerate rows that
 * costs of 0 make. Their own counts are the least that cover what is left over.
 *
 * @param matrix [columns, rows] row-major, entries 0 or more
 */
export function coveringSolver(matrix: ArrayLike<number>, size: number): CoveringSolver {
  const dictionary = createDictionary(size, size);
  const counts = new Float64Array(size);
  const dual = new Float64Array(size);
  const rows = new Int32Array(size);
  const columns = new Int32Array(size);
  const columnScale = new Float64Array(size);
  const isOpen = new Uint8Array(size);

  const setCount = (p: number, price: number): void => {
    counts[columns[p]!] = price * columnScale[p]!;
  };

  const solve = (costs: ArrayLike<number>, requirements: ArrayLike<number>): number => {
    for (let j = 0; j < size; j++) {
      counts[j] = 0;
      dual[j] = 0;
    }
    let m = 0;
    for (let j = 0; j < size; j++) if (costs[j]! > 0) columns[m++] = j;
    let n = 0;
    for (let i = 0; i < size; i++) isOpen[i] = requirements[i]! > 0 ? 1 : 0;
    for (let j = 0; j < size; j++)
      if (!(costs[j]! > 0)) for (let i = 0; i < size; i++) if (matrix[j * size + i]! > 0) isOpen[i] = 0;
    for (let i = 0; i < size; i++) if (isOpen[i] === 1) rows[n++] = i;
    // Every requirement becomes 1 and every column's greatest entry 1, so that tolerances mean the same everywhere.
    const { table } = dictionary;
    const width = dictionary.begin(m, n);
    for (let p = 0; p < m; p++) {
      const j = columns[p]!;
      let greatest = 0;
      for (let q = 0; q < n; q++) {
        const entry = matrix[j * size + rows[q]!]! / requirements[rows[q]!]!;
        table[p * width + q] = entry;
        if (entry > greatest) greatest = entry;
      }
      const scale = (columnScale[p] = greatest > 0 ? 1 / greatest : 1);
      for (let q = 0; q < n; q++) table[p * width + q]! *= scale;
      table[p * width + n] = costs[j]! * scale;
    }
    for (let q = 0; q < n; q++) table[m * width + q] = -1;
    table[m * width + n] = 0;
    if (!dictionary.maximise()) return Infinity;

    dictionary.prices(setCount);
    dictionary.solution((q, y) => (dual[rows[q]!] = y / requirements[rows[q]!]!));
    let value = 0;
    for (let p = 0; p < m; p++) value += costs[columns[p]!]! * counts[columns[p]!]!;
    topUpFree({ matrix, costs, requirements, counts });
    return value;
  };

  return { counts, dual, pivots: () => dictionary.pivots(), solve };
}

interface TopUp {
  readonly matrix: ArrayLike<number>;
  readonly costs: ArrayLike<number>;
  readonly requirements: ArrayLike<number>;
  /** Written to. */
  readonly counts: Float64Array;
}

/** Free columns cover what the others leave of a requirement, the one with the greatest entry for it. */
export function topUpFree({ matrix, costs, requirements, counts }: TopUp): void {
  const size = counts.length;
  for (let i = 0; i < size; i++) {
    if (!(requirements[i]! > 0)) continue;
    let missing = requirements[i]!;
    let best = -1;
    for (let j = 0; j < size; j++) {
      const entry = matrix[j * size + i]!;
      missing -= entry * counts[j]!;
      if (!(costs[j]! > 0) && entry > 0 && (best < 0 || entry > matrix[best * size + i]!)) best = j;
    }
    // Rounding of a requirement that is met exactly must not bring a free arm in.
    if (best >= 0 && missing > 1e-12 * requirements[i]!) counts[best]! += missing / matrix[best * size + i]!;
  }
}
