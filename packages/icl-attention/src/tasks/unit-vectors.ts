import { foldIn, normal, uniform, type Key } from '@lab/tensor-core/random';
import { checkCount } from '../theory/checks';

/** Independent uniform points of the unit sphere of `dimension` coordinates, row by row. */
export function unitVectors(key: Key, count: number, dimension: number): Float64Array {
  checkCount(dimension, { argument: 'dimension', where: 'unitVectors' });
  // Drawing is most of the time of training on small problems, so circles and spheres take the short way.
  if (dimension === 2) return circlePoints(key, count);
  if (dimension === 3) return spherePoints(key, count);
  const values = new Float64Array(normal(key, count * dimension));
  for (let row = 0; row < count; row++) {
    const point = values.subarray(row * dimension, (row + 1) * dimension);
    let square = 0;
    for (let i = 0; i < dimension; i++) square += point[i]! ** 2;
    // Single-precision normals may all be zero, if rarely: the first axis is as good a direction as any.
    if (square < 1e-24) point.fill(0).fill((square = 1), 0, 1);
    const scale = 1 / Math.sqrt(square);
    for (let i = 0; i < dimension; i++) point[i]! *= scale;
  }
  return values;
}

function circlePoints(key: Key, count: number): Float64Array {
  const points = new Float64Array(2 * count);
  const turns = uniform(key, count);
  for (let i = 0; i < count; i++) {
    points[2 * i] = Math.cos(2 * Math.PI * turns[i]!);
    points[2 * i + 1] = Math.sin(2 * Math.PI * turns[i]!);
  }
  return points;
}

/** Archimedes: the height of a uniform point of the sphere is uniform. */
function spherePoints(key: Key, count: number): Float64Array {
  const heights = uniform(foldIn(key, 0), count, { low: -1, high: 1 });
  const points = new Float64Array(3 * count);
  const turns = uniform(foldIn(key, 1), count);
  for (let i = 0; i < count; i++) {
    const height = heights[i]!;
    const radius = Math.sqrt(1 - height * height);
    points[3 * i] = radius * Math.cos(2 * Math.PI * turns[i]!);
    points[3 * i + 1] = radius * Math.sin(2 * Math.PI * turns[i]!);
    points[3 * i + 2] = height;
  }
  return points;
}
