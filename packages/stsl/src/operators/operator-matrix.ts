import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { toArray64 } from '@lab/diffusion-core';
import type { MeasurementOperator } from './types';

/**
 * A linear operator as a matrix [m, p] over flattened images, by measuring each pixel: for small images, where closed forms
 * are wanted. Entries have single precision.
 *
 * @throws LabError `unsupported` for an operator without an adjoint: it may not be linear
 */
export async function operatorMatrix(
  operator: MeasurementOperator,
  imageShape: readonly [height: number, width: number, channels: number],
): Promise<Array64> {
  if (!operator.adjoint)
    throw new LabError('unsupported', `'${operator.name}' is no matrix: it has no adjoint`, {
      argument: 'operator',
      expected: 'a linear operator',
    });
  const p = imageShape.reduce((product, each) => product * each, 1);
  const measured = tf.tidy(() => operator.forward(tf.reshape(tf.eye(p), [p, ...imageShape])));
  try {
    const { data } = await toArray64(measured);
    const m = data.length / p;
    return {
      shape: [m, p],
      data: Float64Array.from({ length: m * p }, (_, at) => data[(at % p) * m + Math.floor(at / p)]!),
    };
  } finally {
    measured.dispose();
  }
}
