interface Sizes {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Only what lies on and below the diagonal is wanted; a few entries above it are filled too. @default false */
  readonly lower?: boolean;
}

/**
 * X Y^T for rows of X [rows, inner] and Y [columns, inner]. Two rows by four at a time: eight independent sums hide the
 * latency of addition and each number that is read serves several of them. Every sum runs over `inner` in order, so the
 * bits are those of the plain triple loop.
 */
export function rowProducts(
  x: Float64Array,
  y: Float64Array,
  { rows, columns, inner, lower = false }: Sizes,
): Float64Array {
  const out = new Float64Array(rows * columns);
  let i = 0;
  for (; i + 2 <= rows; i += 2) {
    const end = lower ? Math.min(columns, i + 2) : columns;
    let j = 0;
    for (; j < end && j + 4 <= columns; j += 4) tile(x, y, out, { i, j, columns, inner });
    for (; j < end; j++) {
      out[i * columns + j] = dot(x, i * inner, y, j * inner, inner);
      out[(i + 1) * columns + j] = dot(x, (i + 1) * inner, y, j * inner, inner);
    }
  }
  for (; i < rows; i++) {
    const end = lower ? i + 1 : columns;
    for (let j = 0; j < end; j++) out[i * columns + j] = dot(x, i * inner, y, j * inner, inner);
  }
  return out;
}

function dot(x: Float64Array, from: number, y: Float64Array, other: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += x[from + k]! * y[other + k]!;
  return sum;
}

/** Rows i and i + 1 of x by rows j to j + 3 of y. */
function tile(
  x: Float64Array,
  y: Float64Array,
  out: Float64Array,
  {
    i,
    j,
    columns,
    inner,
  }: { readonly i: number; readonly j: number; readonly columns: number; readonly inner: number },
): void {
  // No destructuring here: inside a loop this hot it costs more than the sums
  const p = i * inner;
  const q = p + inner;
  const y0 = j * inner;
  const y1 = y0 + inner;
  const y2 = y1 + inner;
  const y3 = y2 + inner;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = 0; k < inner; k++) {
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
  const at = i * columns + j;
  out[at] = a0;
  out[at + 1] = a1;
  out[at + 2] = a2;
  out[at + 3] = a3;
  out[at + columns] = b0;
  out[at + columns + 1] = b1;
  out[at + columns + 2] = b2;
  out[at + columns + 3] = b3;
}
