import { reshape } from './arrange';
import { product } from './product';
import { reduce } from './reduce';
import { take } from './take';
import type { Graph, Value } from './types';

/*
 * Resizing, channels first. Along each axis it is a matrix with few entries a row, so its gradient is the product with
 * the transposed matrix; the runtime's own operator has no gradient. Copies of entries are taken as copies.
 */

/** From an axis of the image to one of the result. */
export interface ResizeMatrix {
  readonly size: number;
  /** For each place of the result the places of the image that it is made of, with their weights. */
  readonly rows: readonly (readonly Share[])[];
}

export type Share = readonly [place: number, weight: number];

type Matrices = readonly [rows: ResizeMatrix, columns: ResizeMatrix];

/** Resizes [batch, channels, h, w] along both axes. */
export function resize(g: Graph, x: Value, [rows, columns]: Matrices): Value {
  return along(g, along(g, x, 3, columns), 2, rows);
}

/** The transpose of {@link resize}. */
export function resizeBack(g: Graph, dy: Value, [rows, columns]: Matrices): Value {
  return back(g, back(g, dy, 3, columns), 2, rows);
}

function along(g: Graph, x: Value, axis: 2 | 3, matrix: ResizeMatrix): Value {
  const places = copied(matrix);
  if (places) return take(g, x, axis, places);
  return axis === 2 ? product(g, dense(g, matrix), x) : product(g, x, dense(g, matrix, true));
}

function back(g: Graph, dy: Value, axis: 2 | 3, matrix: ResizeMatrix): Value {
  const copies = matrix.rows.length / matrix.size;
  const isRepeated = copied(matrix)?.every((place, i) => place === Math.floor(i / copies)) ?? false;
  if (isRepeated && Number.isInteger(copies)) {
    const [before, after] = [dy.shape.slice(0, axis), dy.shape.slice(axis + 1)];
    const grouped = reshape(g, dy, [...before, matrix.size, copies, ...after]);
    return reduce(g, 'ReduceSum', grouped, [axis + 1]);
  }
  return axis === 2 ? product(g, dense(g, matrix, true), dy) : product(g, dy, dense(g, matrix));
}

/** The place of the image that each place of the result is a copy of, if they all are. */
function copied({ rows }: ResizeMatrix): number[] | undefined {
  const found = rows.map((shares) => shares.filter(([, weight]) => weight !== 0));
  if (!found.every((shares) => shares.length === 1 && shares[0]![1] === 1)) return undefined;
  return found.map(([share]) => share![0]);
}

function dense(g: Graph, { rows, size }: ResizeMatrix, transposed = false): Value {
  const data = new Float32Array(rows.length * size);
  rows.forEach((shares, row) => {
    for (const [place, weight] of shares) {
      const at = transposed ? place * rows.length + row : row * size + place;
      data[at] = data[at]! + weight;
    }
  });
  return g.constant(data, {
    shape: transposed ? [size, rows.length] : [rows.length, size],
    dtype: 'float32',
  });
}
