import { jvp, tf, vjp, type Tensor } from '@lab/tensor-core';
import type { Estimate, Schedule } from '@lab/diffusion-core';
import { conjugateGradient } from './conjugate-gradient';
import type { GuidancePoint, MomentMatchingOptions } from './types';

/**
 * J^T (A D')^T (deviation^2 I + A D' C (A D')^T)^-1 (y - A D(x0)), C = sigma^2 / alpha J the posterior covariance: by conjugate
 * gradients whose every product is one backward and one forward derivative.
 */
export async function momentMatched(
  {
    measure,
    estimateAt,
    schedule,
  }: {
    readonly measure: (latents: Tensor) => Tensor;
    readonly estimateAt: (z: Tensor, point: GuidancePoint) => Estimate;
    readonly schedule: Schedule;
  },
  { y, z }: { readonly y: Tensor; readonly z: Tensor },
  { deviation, iterations = 20, ...point }: MomentMatchingOptions,
): Promise<Tensor> {
  const [alpha, sigma] = [schedule.alpha(point.t), schedule.sigma(point.t)];
  const predicted = (state: Tensor): Tensor => measure(estimateAt(state, point).x0);
  const [x0, right] = tf.tidy(() => {
    const mean = estimateAt(z, point).x0;
    return [mean, tf.sub(y, measure(mean))] as [Tensor, Tensor];
  });
  let weighted: Tensor | undefined;
  try {
    weighted = await conjugateGradient(
      (v) => {
        const back = vjp((latents: Tensor) => measure(latents))(x0, v).grads;
        const { tangent } = jvp(predicted)(z, back);
        return tf.add(tf.mul(v, deviation ** 2), tf.mul(tangent, sigma ** 2 / alpha));
      },
      right,
      { iterations },
    );
    return tf.tidy(() => vjp(predicted)(z, weighted!).grads);
  } finally {
    tf.dispose([x0, right, ...(weighted ? [weighted] : [])]);
  }
}
