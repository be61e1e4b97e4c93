/** Rows that share entries, over local columns 0..columns-1, ordered so that the Gram matrix has a small envelope. */
export interface RowBlock {
  readonly rows: number;
  readonly columns: number;
  readonly starts: Int32Array;
  readonly index: Int32Array;
  readonly values: Float64Array;
  /** Squared norm of each row. */
  readonly norm2: Float64Array;
  /** The first row that shares a column with row i (i itself if none): left edge of row i in the Gram matrix. */
  readonly firstCoupled: Int32Array;
}

/** One row of a block being built. */
export interface BlockRow {
  readonly columns: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Packs rows in the given order. */
export function rowBlock(rows: readonly BlockRow[], columns: number): RowBlock {
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (starts[i + 1] = starts[i]! + row.columns.length));
  const index = new Int32Array(starts[rows.length]!);
  const values = new Float64Array(index.length);
  const norm2 = new Float64Array(rows.length);
  const firstCoupled = new Int32Array(rows.length);
  const firstOfColumn = new Int32Array(columns).fill(-1);
  rows.forEach((row, i) => {
    let first = i;
    for (let e = 0; e < row.columns.length; e++) {
      const column = row.columns[e]!;
      const value = row.values[e]!;
      index[starts[i]! + e] = column;
      values[starts[i]! + e] = value;
      norm2[i]! += value * value;
      if (firstOfColumn[column]! < 0) firstOfColumn[column] = i;
      first = Math.min(first, firstOfColumn[column]!);
    }
    firstCoupled[i] = first;
  });
  return { rows: rows.length, columns, starts, index, values, norm2, firstCoupled };
}

/**
 * An order that keeps the envelope small: rows of short span along the series first, by position, so that they make a band;
 * long ones (means, returns over the whole series) last, where their full rows cost no fill-in elsewhere.
 */
export function envelopeOrder(rows: readonly BlockRow[]): number[] {
  const spans = rows.map((row) => {
    let low = Infinity;
    let high = -Infinity;
    for (let e = 0; e < row.columns.length; e++) {
      low = Math.min(low, row.columns[e]!);
      high = Math.max(high, row.columns[e]!);
    }
    return { low, high, span: high - low };
  });
  const sorted = spans.map(({ span }) => span).sort((a, b) => a - b);
  const local = 4 * (sorted[sorted.length >> 1] ?? 0);
  return rows
    .map((_, i) => i)
    .sort((a, b) => {
      const long = Number(spans[a]!.span > local) - Number(spans[b]!.span > local);
      return long || spans[a]!.low - spans[b]!.low || spans[a]!.high - spans[b]!.high || a - b;
    });
}
