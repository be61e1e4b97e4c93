interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Only what lies on and below the diagonal is wanted; a few entries above it are filled too. @default false */
  readonly lower?: boolean;
}

/** Entries of rows that are gone through at a time, so that those of a tile stay in the processor's nearest cache. */
const stretch = 512;

/**
 * X Y^T for rows of X [rows, inner] and Y [columns, inner]. Two rows by four at a time: eight independent sums hide the
 * latency of addition and each number that is read serves several of them. Every sum runs over `inner` in order, so the
 * bits are those of the plain triple loop.
 */
export function rowProducts(x: Float64Array, y: Float64Array, sizes: Sizes): Float64Array {
  const { rows, columns, inner, lower = false } = sizes;
  const out = new Float64Array(rows * columns);
  for (let from = 0; from < inner; from += stretch) {
    const to = Math.min(inner, from + stretch);
    for (let i = 0; i < rows; i += 2) {
      const tall = i + 1 < rows;
      const end = lower ? Math.min(columns, i + 2) : columns;
      let j = 0;
      if (tall) for (; j < end && j + 4 <= columns; j += 4) tile(x, y, out, i, j, columns, inner, from, to);
      for (; j < end; j++) {
        add(x, y, out, i, j, columns, inner, from, to);
        if (tall) add(x, y, out, i + 1, j, columns, inner, from, to);
      }
    }
  }
  return out;
}

function add(
  x: Float64Array,
  y: Float64Array,
  out: Float64Array,
  i: number,
  j: number,
  columns: number,
  inner: number,
  from: number,
  to: number,
): void {
  const p = i * inner;
  const q = j * inner;
  let sum = out[i * columns + j]!;
  for (let k = from; k < to; k++) sum += x[p + k]! * y[q + k]!;
  out[i * columns + j] = sum;
}

/** Rows i and i + 1 of x by rows j to j + 3 of y. No destructuring: in a loop this hot it costs more than the sums. */
function tile(
  x: Float64Array,
  y: Float64Array,
  out: Float64Array,
  i: number,
  j: number,
  columns: number,
  inner: number,
  from: number,
  to: number,
): void {
  const p = i * inner;
  const q = p + inner;
  const y0 = j * inner;
  const y1 = y0 + inner;
  const y2 = y1 + inner;
  const y3 = y2 + inner;
  const at = i * columns + j;
  const below = at + columns;
  let a0 = out[at]!;
  let a1 = out[at + 1]!;
  let a2 = out[at + 2]!;
  let a3 = out[at + 3]!;
  let b0 = out[below]!;
  let b1 = out[below + 1]!;
  let b2 = out[below + 2]!;
  let b3 = out[below + 3]!;
  for (let k = from; k < to; k++) {
    const a = x[p + k]!;
    const b = x[q + k]!;
    const v0 = y[y0 + k]!;
    const v1 = y[y1 + k]!;
    const v2 = y[y2 + k]!;
    const v3 = y[y3 + k]!;
    a0 += a * v0;
    a1 += a * v1;
    a2 += a * v2;
    a3 += a * v3;
    b0 += b * v0;
    b1 += b * v1;
    b2 += b * v2;
    b3 += b * v3;
  }
  out[at] = a0;
  out[at + 1] = a1;
  out[at + 2] = a2;
  out[at + 3] = a3;
  out[below] = b0;
  out[below + 1] = b1;
  out[below + 2] = b2;
  out[below + 3] = b3;
}
