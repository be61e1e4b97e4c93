import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

export interface JamesSteinOptions {
  /**
   * Variance of each observation, above 0.
   *
   * @default 1
   */
  readonly variance?: number;
}

/**
 * The James-Stein estimate of a mean vector from one noisy observation of it: the observation, shrunk to 0 (James &
 * Stein 1961). From three dimensions on its expected squared error is below the observation's own, whatever the mean.
 *
 *     (1 - (d - 2) variance / |x|^2) x
 *
 * @param observations [batch, d], one observation a row
 * @returns [batch, d], one estimate a row
 * @throws LabError `shape` when it is not a matrix, `numeric` when it holds NaN or infinity
 * @example
 * jamesStein({ shape: [1, 4], data: new Float64Array([2, 0, 0, 0]) }).data; // [1, 0, 0, 0]
 */
export function jamesStein(observations: Array64, { variance = 1 }: JamesSteinOptions = {}): Array64 {
  const { shape, data } = observations;
  const [batch, dimensions] = shape;
  if (batch === undefined || dimensions === undefined || shape.length !== 2)
    throw new LabError('shape', 'jamesStein: observations form a matrix', {
      argument: 'observations',
      expected: '[batch, d]',
      received: shape,
    });
  if (!(variance > 0))
    throw new LabError('argument', 'jamesStein: the variance is above 0', {
      argument: 'variance',
      received: variance,
    });

  const estimates = new Float64Array(data.length);
  for (let row = 0; row < batch; row++) {
    const start = row * dimensions;
    let square = 0;
    for (let i = start; i < start + dimensions; i++) square += data[i]! ** 2;
    if (!Number.isFinite(square))
      throw new LabError('numeric', `jamesStein: row ${row} is not finite`, { argument: 'observations' });
    const factor = square === 0 ? 0 : 1 - ((dimensions - 2) * variance) / square;
    for (let i = start; i < start + dimensions; i++) estimates[i] = factor * data[i]!;
  }
  return { shape: [batch, dimensions], data: estimates };
}
