import { tf, type Tensor } from '@lab/tensor-core';

export interface ConjugateGradientOptions {
  /** @default 50 */
  readonly iterations?: number;
  /** Residual norm relative to the right-hand side's, of every example. @default 1e-6 */
  readonly tolerance?: number;
}

/** Inner products of the examples of two tensors [B, ...], shaped to multiply them: [B, 1, ...]. */
function inner(a: Tensor, b: Tensor): Tensor {
  const axes = a.shape.map((_, axis) => axis).slice(1);
  return tf.sum(tf.mul(a, b), axes, true);
}

/**
 * Solves M x = b for each example by itself, M symmetric positive definite: conjugate gradients of Hestenes and Stiefel. The
 * result is the caller's.
 */
export async function conjugateGradient(
  multiply: (v: Tensor) => Tensor,
  b: Tensor,
  { iterations = 50, tolerance = 1e-6 }: ConjugateGradientOptions = {},
): Promise<Tensor> {
  // [solution, residual, direction, squared residual]
  let held: Tensor[] = tf.tidy(() => [tf.zerosLike(b), tf.clone(b), tf.clone(b), inner(b, b)]);
  const goal = tf.tidy(() => tf.mul(inner(b, b), tolerance ** 2));
  try {
    for (let i = 0; i < iterations; i++) {
      const open = tf.tidy(() => tf.max(tf.sub(held[3]!, goal)));
      const isDone = !((await open.data())[0]! > 0);
      open.dispose();
      if (isDone) break;
      const next = tf.tidy(() => {
        const [x, r, p, rr] = held as [Tensor, Tensor, Tensor, Tensor];
        const mp = multiply(p);
        const tiny = 1e-30;
        const step = tf.div(rr, tf.add(inner(p, mp), tiny));
        const rest = tf.sub(r, tf.mul(step, mp));
        const restSquared = inner(rest, rest);
        const along = tf.add(rest, tf.mul(tf.div(restSquared, tf.add(rr, tiny)), p));
        return [tf.add(x, tf.mul(step, p)), rest, along, restSquared];
      });
      tf.dispose(held);
      held = next;
    }
    return tf.clone(held[0]!);
  } finally {
    tf.dispose([...held, goal]);
  }
}
