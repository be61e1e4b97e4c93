import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** A matrix for each of the two image axes: `rows` [h, H] and `columns` [w, W]. */
export interface AxisMatrices {
  readonly rows: Array64;
  readonly columns: Array64;
}

/**
 * `rows x columns^T` for every image and channel: [B, H, W, C] to [B, h, w, C]. Two matrix products, whose gradients are
 * right on every engine, where padding and resampling ops of TensorFlow.js are not.
 */
export function applyAxes(x: Tensor, { rows, columns }: AxisMatrices): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [h, w] = [rows.shape[0]!, columns.shape[0]!];
  return tf.tidy(() => {
    const matrix = ({ shape, data }: Array64): Tensor => tf.tensor(Float32Array.from(data), [...shape]);
    // Heights first: [H, B W C].
    const byRow = tf.reshape(tf.transpose(x, [1, 0, 2, 3]), [height, batch * width * channels]);
    const tall = tf.reshape(tf.matMul(matrix(rows), byRow), [h, batch, width, channels]);
    const byColumn = tf.reshape(tf.transpose(tall, [2, 1, 0, 3]), [width, batch * h * channels]);
    const out = tf.reshape(tf.matMul(matrix(columns), byColumn), [w, batch, h, channels]);
    return tf.transpose(out, [1, 2, 0, 3]);
  });
}

/** The adjoint of `applyAxes`: [B, h, w, C] to [B, H, W, C]. */
export function applyAxesTransposed(y: Tensor, { rows, columns }: AxisMatrices): Tensor {
  return applyAxes(y, { rows: transposed(rows), columns: transposed(columns) });
}

function transposed({ shape, data }: Array64): Array64 {
  const [m, n] = shape as [number, number];
  return {
    shape: [n, m],
    data: Float64Array.from({ length: m * n }, (_, at) => data[(at % m) * n + Math.floor(at / m)]!),
  };
}

/** A matrix [outputs, inputs] from the weights of each output. */
export function weightMatrix(
  outputs: number,
  inputs: number,
  weightsOf: (output: number) => Iterable<readonly [input: number, weight: number]>,
): Array64 {
  const data = new Float64Array(outputs * inputs);
  for (let i = 0; i < outputs; i++) for (const [j, weight] of weightsOf(i)) data[i * inputs + j]! += weight;
  return { shape: [outputs, inputs], data };
}

/** Index `i` of a line of `size` pixels continued by reflection about its first and last pixel. */
export function reflected(i: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = ((i % period) + period) % period;
  return at < size ? at : period - at;
}
