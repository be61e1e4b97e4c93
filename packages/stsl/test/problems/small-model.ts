import { tf } from '@lab/tensor-core';
import { qr, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import { mixtureDenoiser, tensorSpace, toArray64 } from '@lab/diffusion-core';
import { linearAutoencoder, mixturePrior, superResolution } from '../../src';
import { trained } from '../support';

const law = {
  weights: [0.4, 0.6],
  means: [
    [-1, 0.5, 0.2],
    [1.2, -0.5, 0.4],
  ],
  covariances: [0.3, 0.5],
  schedule: trained,
};
export const prior = mixturePrior(law);
export const denoiser = mixtureDenoiser({ ...law, space: tensorSpace });
export const imageShape = [4, 4, 1];
const basis = qr({ shape: [16, 3], data: normal64(key(1), [16, 3]) }).q;
export const autoencoder = linearAutoencoder({ basis, scale: 1.4, mean: normal64(key(2), 16), imageShape });
export const model = { denoiser, schedule: trained, autoencoder };
export const operator = superResolution({ factor: 2, kernel: 'average' });
export const [z64, y64] = [
  { shape: [2, 3], data: normal64(key(3), [2, 3]) },
  { shape: [2, 2, 2, 1], data: normal64(key(4), [2, 4]) },
];

/** The operator as a matrix [m, p], column by column. */
export async function matrixOf(): Promise<Array64> {
  const columns = tf.tidy(() => operator.forward(tf.reshape(tf.eye(16), [16, ...imageShape])));
  const { data } = await toArray64(columns);
  columns.dispose();
  return {
    shape: [4, 16],
    data: Float64Array.from({ length: 64 }, (_, at) => data[(at % 16) * 4 + Math.floor(at / 16)]!),
  };
}
