/** Entries that are gone through at a time, so that the rows of a tile stay in the processor's nearest cache. */
const stretch = 512;

/** The starts of rows `i` to `i + 3`, the last row again where there are no more. */
const fourRows = (i: number, rows: number, size: number): readonly [number, number, number, number] => {
  const last = rows - 1;
  return [i * size, Math.min(i + 1, last) * size, Math.min(i + 2, last) * size, Math.min(i + 3, last) * size];
};

/**
 * Inner products of the rows of `a` [m, size] with those of `b` [n, size]: [m, n]. Four rows with two at a time, since
 * reading is what costs; the same block twice gives a symmetric matrix, of which half is computed.
 */
export function innerProducts(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const [m, n] = [a.length / size, b.length / size];
  const found = new Float64Array(m * n);
  for (let start = 0; start < size; start += stretch) {
    const end = Math.min(size, start + stretch);
    for (let i = 0; i < m; i += 4) {
      const [p0, p1, p2, p3] = fourRows(i, m, size);
      for (let j = a === b ? i : 0; j < n; j += 2) {
        const q0 = j * size;
        const q1 = Math.min(j + 1, n - 1) * size;
        let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (let k = start; k < end; k++) {
          const b0 = b[q0 + k]!;
          const b1 = b[q1 + k]!;
          const a0 = a[p0 + k]!;
          const a1 = a[p1 + k]!;
          const a2 = a[p2 + k]!;
          const a3 = a[p3 + k]!;
          s00 += a0 * b0;
          s01 += a0 * b1;
          s10 += a1 * b0;
          s11 += a1 * b1;
          s20 += a2 * b0;
          s21 += a2 * b1;
          s30 += a3 * b0;
          s31 += a3 * b1;
        }
        const sums = [s00, s01, s10, s11, s20, s21, s30, s31];
        for (let at = 0; at < 8; at++) {
          const [row, column] = [i + (at >> 1), j + (at & 1)];
          if (row < m && column < n) found[row * n + column]! += sums[at]!;
        }
      }
    }
  }
  if (a === b) for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) found[i * n + j] = found[j * n + i]!;
  return found;
}

/** Inner products of the rows of a block [rows, v.length] with v: [rows]. */
export function timesVector(block: Float64Array, v: Float64Array): Float64Array {
  const size = v.length;
  const rows = block.length / size;
  const found = new Float64Array(rows);
  for (let i = 0; i < rows; i += 4) {
    const [p0, p1, p2, p3] = fourRows(i, rows, size);
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let k = 0; k < size; k++) {
      const value = v[k]!;
      s0 += block[p0 + k]! * value;
      s1 += block[p1 + k]! * value;
      s2 += block[p2 + k]! * value;
      s3 += block[p3 + k]! * value;
    }
    found.set([s0, s1, s2, s3].slice(0, rows - i), i);
  }
  return found;
}

/** Takes a combination of a block's rows off v, in place: v - c^T block. */
export function subtractRows(v: Float64Array, block: Float64Array, c: Float64Array): void {
  const size = v.length;
  const rows = block.length / size;
  for (let i = 0; i < rows; i += 4) {
    const [p0, p1, p2, p3] = fourRows(i, rows, size);
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = c.subarray(i, Math.min(i + 4, rows));
    for (let k = 0; k < size; k++)
      v[k]! -= c0 * block[p0 + k]! + c1 * block[p1 + k]! + c2 * block[p2 + k]! + c3 * block[p3 + k]!;
  }
}
