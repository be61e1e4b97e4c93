import { tf, valueAndGrad, type Tensor } from '@lab/tensor-core';
import type { Estimate } from '@lab/diffusion-core';
import { perExample } from './measured-loss';
import type { EmbeddingPoint, GuidancePoint } from './types';

/** Loss and cotangent of x0, computed before the denoiser is asked; absent where it is computed with it. */
export interface MeasuredFirst {
  readonly cotangent: Tensor;
  readonly squared: Tensor;
}

/**
 * The gradient of |y - A D(x0)|^2 by the embedding that the denoiser reads, and the [B] squares themselves: both the caller's.
 */
export function embeddingGradient(
  {
    estimateAt,
    squaresOf,
    first,
  }: {
    readonly estimateAt: (z: Tensor, point: GuidancePoint) => Estimate;
    /** |y - A D(x0)|^2, [B]. */
    readonly squaresOf: (x0: Tensor) => Tensor;
    /** What decoder and operator say, where they run compiled. */
    readonly first: (x0: Tensor) => MeasuredFirst | undefined;
  },
  { z, embedding }: { readonly z: Tensor; readonly embedding: Tensor },
  { t, conditionOf }: EmbeddingPoint,
): { readonly gradient: Tensor; readonly squared: Tensor } {
  return tf.tidy(() => {
    const x0Of = (each: Tensor): Tensor => estimateAt(z, { t, condition: conditionOf(each) }).x0;
    const measured = first(x0Of(embedding));
    const { grads, aux } = valueAndGrad(
      (each: Tensor) => {
        const x0 = x0Of(each);
        const squared = measured?.squared ?? squaresOf(x0);
        const loss = measured ? perExample(tf.mul(x0, measured.cotangent)) : squared;
        return [tf.sum(loss), { squared }] as const;
      },
      { hasAux: true },
    )(embedding);
    return { gradient: grads, squared: aux.squared };
  });
}
