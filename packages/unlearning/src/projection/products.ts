/** The starts of rows `i` to `i + 3`, the last row again where there are no more. */
const fourRows = (i: number, rows: number, size: number): readonly [number, number, number, number] => {
  const last = rows - 1;
  return [i * size, Math.min(i + 1, last) * size, Math.min(i + 2, last) * size, Math.min(i + 3, last) * size];
};

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
