import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** Mean and covariance of a law or of a sample. */
export interface Moments {
  /** [D] */
  readonly mean: Float64Array;
  /** [D, D] row-major, symmetric. */
  readonly covariance: Float64Array;
}

/**
 * Sample mean and covariance (divided by n - 1) of samples [n, ...], each flattened to D numbers.
 *
 * @throws LabError `argument` for fewer than two samples
 */
export function momentsOf(samples: Array64): Moments {
  const { count, size } = flatShape(samples);
  if (count < 2)
    throw new LabError('argument', 'a covariance needs at least two samples', {
      argument: 'samples',
      received: samples.shape,
    });
  const mean = new Float64Array(size);
  const { data } = samples;
  for (let n = 0; n < count; n++) for (let i = 0; i < size; i++) mean[i]! += data[n * size + i]! / count;
  const centred = data.map((value, at) => value - mean[at % size]!);
  const covariance = new Float64Array(size * size);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < size; i++) {
      const left = centred[n * size + i]! / (count - 1);
      for (let j = 0; j <= i; j++) covariance[i * size + j]! += left * centred[n * size + j]!;
    }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) covariance[j * size + i] = covariance[i * size + j]!;
  return { mean, covariance };
}

/** How many samples [n, ...] there are and how many numbers each has. */
export function flatShape({ shape, data }: Array64): { count: number; size: number } {
  const count = shape[0] ?? 0;
  const size = shape.slice(1).reduce((product, each) => product * each, 1);
  if (count * size !== data.length)
    throw new LabError('shape', 'an array has not as many numbers as its shape says', {
      expected: shape,
      received: [data.length],
    });
  return { count, size };
}
