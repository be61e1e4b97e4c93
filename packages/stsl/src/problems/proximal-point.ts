import { tf, type Tensor } from '@lab/tensor-core';
import { conjugateGradient } from './conjugate-gradient';
import type { MeasuredImages } from './measured-loss';

/** E(argmin_x |y - A x|^2 / 2 + strength / 2 |x - D(x0)|^2), by conjugate gradients in the images. */
export async function proximalPoint(
  { autoencoder, operator, adjoint }: MeasuredImages,
  { y, x0, strength }: { readonly y: Tensor; readonly x0: Tensor; readonly strength: number },
): Promise<Tensor> {
  const images = tf.tidy(() => autoencoder.decode(x0));
  const held = [images];
  try {
    const right = tf.tidy(() => adjoint(tf.sub(y, operator.forward(images))));
    held.push(right);
    const step = await conjugateGradient(
      (v) => tf.add(adjoint(operator.forward(v)), tf.mul(v, strength)),
      right,
    );
    held.push(step);
    return tf.tidy(() => autoencoder.encode(tf.add(images, step)));
  } finally {
    tf.dispose(held);
  }
}
