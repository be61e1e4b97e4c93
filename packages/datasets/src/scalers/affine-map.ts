import { LabError } from '@lab/tensor-core/errors';
import type { AffineMap } from './types';

/** Compressed sparse rows from a function that calls `put` for each nonzero of a row, in order of columns. */
export function sparseRows(
  size: number,
  row: (index: number, put: (column: number, value: number) => void) => void,
): AffineMap['rows'] {
  const starts = new Int32Array(size + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let index = 0; index < size; index++) {
    row(index, (column, value) => {
      columns.push(column);
      values.push(value);
    });
    starts[index + 1] = columns.length;
  }
  return { starts, columns: Int32Array.from(columns), values: Float64Array.from(values) };
}

export function affineMap({ rows, shift, space }: Pick<AffineMap, 'rows' | 'shift' | 'space'>): AffineMap {
  return {
    size: shift.length,
    space,
    rows,
    shift,
    apply: (x) => apply(rows, { shift, x }),
    matrix: () => dense(rows, shift.length),
  };
}

function apply(
  rows: AffineMap['rows'],
  { shift, x }: { shift: Float64Array; x: Float64Array },
): Float64Array {
  const size = shift.length;
  if (x.length % size !== 0)
    throw new LabError('shape', 'affine map: x is not [batch, size]', {
      received: [x.length],
      expected: size,
    });
  const y = new Float64Array(x.length);
  for (let offset = 0; offset < x.length; offset += size)
    for (let i = 0; i < size; i++) {
      let sum = shift[i]!;
      for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++)
        sum += rows.values[e]! * x[offset + rows.columns[e]!]!;
      y[offset + i] = sum;
    }
  return y;
}

function dense(rows: AffineMap['rows'], size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++)
      matrix[i * size + rows.columns[e]!] = rows.values[e]!;
  return matrix;
}
