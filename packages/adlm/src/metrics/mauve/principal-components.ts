import { symmetricEigen } from '@lab/tensor-core/linalg64';
import type { Points } from './k-means';

/**
 * Projects centred points onto the fewest principal directions whose variances make up at least `explained` of the whole, without
 * whitening.
 */
export function principalComponents({ data, count, size }: Points, explained: number): Points {
  const mean = new Float64Array(size);
  for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) mean[j]! += data[i * size + j]! / count;
  const centred = data.map((value, at) => value - mean[at % size]!);
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < count; i++)
    for (let a = 0; a < size; a++) {
      const left = centred[i * size + a]!;
      for (let b = 0; b <= a; b++) covariance[a * size + b]! += left * centred[i * size + b]!;
    }
  for (let a = 0; a < size; a++)
    for (let b = 0; b < a; b++) covariance[b * size + a] = covariance[a * size + b]!;
  const { values, vectors } = symmetricEigen({ shape: [size, size], data: covariance });
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  const total = values.reduce((sum, each) => sum + Math.max(0, each), 0);
  const kept: number[] = [];
  for (let [at, sum] = [0, 0]; at < size && (at === 0 || sum < explained * total); at++) {
    sum += Math.max(0, values[order[at]!]!);
    kept.push(order[at]!);
  }
  const projected = new Float64Array(count * kept.length);
  for (let i = 0; i < count; i++)
    kept.forEach((column, k) => {
      let value = 0;
      for (let j = 0; j < size; j++) value += centred[i * size + j]! * vectors.data[j * size + column]!;
      projected[i * kept.length + k] = value;
    });
  return { data: projected, count, size: kept.length };
}
