import { LabError } from '@lab/tensor-core/errors';
import { sqrtSymmetric, type Array64 } from '@lab/tensor-core/linalg64';
import { normal, randint, split, type Key } from '@lab/tensor-core/random';
import { checkCount } from '../theory/checks';
import { unitVectors } from './unit-vectors';

/** The law of the inputs x. */
export interface CovariateLaw {
  readonly name: string;
  readonly dimension: number;
  /** Independent points, row by row [count, dimension]. */
  draw(key: Key, count: number): Float64Array;
}

/** Uniform on the unit sphere of `dimension` coordinates. */
export function sphere(dimension: number): CovariateLaw {
  checkCount(dimension, { argument: 'dimension', where: 'sphere' });
  return { name: 'sphere', dimension, draw: (key, count) => unitVectors(key, count, dimension) };
}

/**
 * Sigma^(1/2) u with u uniform on the unit sphere.
 *
 * @param covariance Sigma [d, d], positive semi-definite
 */
export function ellipsoid(covariance: Array64): CovariateLaw {
  const root = sqrtSymmetric(covariance);
  const dimension = root.shape[0]!;
  return {
    name: 'ellipsoid',
    dimension,
    draw: (key, count) => transformed(unitVectors(key, count, dimension), root),
  };
}

/**
 * x = (u, v) with u uniform on the unit sphere of the first `inner` coordinates and v, independent, on that of the rest:
 * the law on which projection to the subspace is exactly optimal (section 4.2.8).
 */
export function productSphere({
  dimension,
  inner,
}: {
  readonly dimension: number;
  /** Coordinates of u, from 1 and below `dimension`. */
  readonly inner: number;
}): CovariateLaw {
  checkCount(inner, { argument: 'inner', where: 'productSphere' });
  checkCount(dimension, { argument: 'dimension', where: 'productSphere', least: inner + 1 });
  return {
    name: 'product of spheres',
    dimension,
    draw(key, count) {
      const [first, second] = split(key) as [Key, Key];
      const u = unitVectors(first, count, inner);
      const v = unitVectors(second, count, dimension - inner);
      const points = new Float64Array(count * dimension);
      for (let row = 0; row < count; row++) {
        points.set(u.subarray(row * inner, (row + 1) * inner), row * dimension);
        points.set(
          v.subarray(row * (dimension - inner), (row + 1) * (dimension - inner)),
          row * dimension + inner,
        );
      }
      return points;
    },
  };
}

/** Standard normal coordinates; off the sphere, so the theory does not apply. */
export function gaussian(dimension: number): CovariateLaw {
  checkCount(dimension, { argument: 'dimension', where: 'gaussian' });
  return {
    name: 'gaussian',
    dimension,
    draw: (key, count) => new Float64Array(normal(key, count * dimension)),
  };
}

/** Rows of a table, drawn with replacement. */
export function fromData(rows: Array64): CovariateLaw {
  const [count = 0, dimension = 0] = rows.shape;
  if (rows.shape.length !== 2 || count < 1)
    throw new LabError('shape', 'fromData: rows form a matrix with at least one row', {
      argument: 'rows',
      received: rows.shape,
    });
  return {
    name: 'data',
    dimension,
    draw(key, asked) {
      const points = new Float64Array(asked * dimension);
      const which = randint(key, asked, { low: 0, high: count });
      which.forEach((row, i) =>
        points.set(rows.data.subarray(row * dimension, (row + 1) * dimension), i * dimension),
      );
      return points;
    },
  };
}

/** Each row times a symmetric matrix. */
function transformed(rows: Float64Array, { shape, data }: Array64): Float64Array {
  const size = shape[0]!;
  const result = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += size)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) result[start + i]! += data[i * size + j]! * rows[start + j]!;
  return result;
}
