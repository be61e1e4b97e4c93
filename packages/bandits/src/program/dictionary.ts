const optimal = -1e-11;
const usable = 1e-12;

/**
 * The simplex method in condensed form: m rows of constraints `row . y <= rhs` and a row of the objective over n variables,
 * rhs 0 or more, so y = 0 is a start and no first phase is needed. Float64 throughout.
 */
export interface Dictionary {
  /** (m + 1) rows of n + 1 numbers; the caller fills in constraints, then minus the objective. */
  readonly table: Float64Array;
  /** Opens a problem of this size and gives the width of its rows. */
  readonly begin: (m: number, n: number) => number;
  /** Pivots to the optimum; false when the objective is unbounded. */
  readonly maximise: () => boolean;
  /** Variables that are not 0. */
  readonly solution: (each: (variable: number, value: number) => void) => void;
  /** Constraints whose price is not 0. */
  readonly prices: (each: (constraint: number, price: number) => void) => void;
  readonly pivots: () => number;
}

/** Memory for problems of at most this size. */
export function createDictionary(maxRows: number, maxColumns: number): Dictionary {
  const table = new Float64Array((maxRows + 1) * (maxColumns + 1));
  // What stands at each row and column: variables are 0 to n - 1, the slack of constraint p is n + p.
  const rowLabel = new Int32Array(maxRows);
  const columnLabel = new Int32Array(maxColumns);
  let m = 0;
  let n = 0;
  let width = 0;
  let pivots = 0;

  const pivot = (row: number, column: number): void => {
    const inverse = 1 / table[row * width + column]!;
    const at = row * width;
    for (let q = 0; q < width; q++) table[at + q]! *= inverse;
    table[at + column] = inverse;
    for (let p = 0; p <= m; p++) {
      if (p === row) continue;
      const start = p * width;
      const factor = table[start + column]!;
      if (factor === 0) continue;
      table[start + column] = 0;
      for (let q = 0; q < width; q++) table[start + q]! -= factor * table[at + q]!;
    }
    const label = rowLabel[row]!;
    rowLabel[row] = columnLabel[column]!;
    columnLabel[column] = label;
    pivots++;
  };

  /** The most negative reduced cost; of the lowest label (Bland) when a cycle is to be feared. -1 at the optimum. */
  const entering = (isCareful: boolean): number => {
    let best = -1;
    for (let q = 0; q < n; q++) {
      const cost = table[m * width + q]!;
      if (cost >= optimal) continue;
      if (best < 0) best = q;
      else if (isCareful ? columnLabel[q]! < columnLabel[best]! : cost < table[m * width + best]!) best = q;
    }
    return best;
  };

  /** The row that bounds the step, ties by the lowest label; -1 when none does. */
  const leaving = (column: number): number => {
    let best = -1;
    let least = Infinity;
    for (let p = 0; p < m; p++) {
      const entry = table[p * width + column]!;
      if (entry <= usable) continue;
      const ratio = table[p * width + n]! / entry;
      if (ratio < least || (ratio === least && rowLabel[p]! < rowLabel[best]!)) {
        best = p;
        least = ratio;
      }
    }
    return best;
  };

  return {
    table,
    begin: (constraints, variables) => {
      m = constraints;
      n = variables;
      width = n + 1;
      pivots = 0;
      for (let q = 0; q < n; q++) columnLabel[q] = q;
      for (let p = 0; p < m; p++) rowLabel[p] = n + p;
      return width;
    },
    maximise: () => {
      // The steepest column is quick but may cycle where steps have length 0; Bland's rule cannot.
      let idle = 0;
      for (;;) {
        const column = entering(idle > m + n);
        if (column < 0) return true;
        const row = leaving(column);
        if (row < 0) return false;
        const before = table[m * width + n]!;
        pivot(row, column);
        idle = table[m * width + n]! > before ? 0 : idle + 1;
      }
    },
    solution: (each) => {
      for (let p = 0; p < m; p++) if (rowLabel[p]! < n) each(rowLabel[p]!, table[p * width + n]!);
    },
    prices: (each) => {
      for (let q = 0; q < n; q++)
        if (columnLabel[q]! >= n) each(columnLabel[q]! - n, Math.max(0, table[m * width + q]!));
    },
    pivots: () => pivots,
  };
}
