import { reshape } from './arrange';
import { sizeOf } from './graph';
import { lastSwapped, product } from './product';
import { reduce } from './reduce';
import { take } from './take';
import { transpose } from './arrange';
import type { Graph, Value } from './types';

/*
 * Resizing, channels first. Along each axis it is a matrix with few entries a row. As a product with that matrix the
 * gradient is one as well, by its transpose, where the runtime's own operator has none.
 */

/** A matrix from an axis of the image to one of the result, row by row. */
export interface ResizeMatrix {
  readonly size: number;
  readonly outSize: number;
  /** For each place of the result the places of the image that it is made of, with their weights. */
  readonly rows: readonly (readonly (readonly [place: number, weight: number])[])[];
}

/** Resizes [batch, channels, h, w] along both axes. */
export function resize(g: Graph, x: Value, [vertical, horizontal]: readonly [ResizeMatrix, ResizeMatrix]): Value {
  return alongRows(g, alongColumns(g, x, horizontal), vertical);
}

/** The transpose of {@link resize}. */
export function resizeBack(g: Graph, dy: Value, [vertical, horizontal]: readonly [ResizeMatrix, ResizeMatrix]): Value {
  return backRows(g, backColumns(g, dy, horizontal), vertical);
}

function alongColumns(g: Graph, x: Value, matrix: ResizeMatrix): Value {
  const places = chosen(matrix);
  if (places) return take(g, x, 3, places);
  return product(g, asRows(g, x), dense(g, matrix), false, true, [...x.shape.slice(0, 3), matrix.outSize]);
}

