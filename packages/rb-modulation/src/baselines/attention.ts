import { attend, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { joinSets, type KeyValues } from '../attention/key-values';

/**
 * IP-Adapter (Ye et al. 2023, eq. 5): decoupled cross-attention, text and image prompt each by itself and added. Keys and
 * values of the image prompt are of projections that were trained for it.
 */
export function decoupledAttention(
  q: Tensor,
  {
    text,
    image,
    scale = 1,
  }: { readonly text: KeyValues; readonly image: KeyValues; readonly scale?: number },
): Tensor {
  return tf.tidy(() =>
    tf.add(
      attend(q, text.keys, text.values, { ...(text.mask && { mask: text.mask }) }),
      tf.mul(attend(q, image.keys, image.values, { ...(image.mask && { mask: image.mask }) }), scale),
    ),
  );
}

/** The blocks of Stable Diffusion XL that InstantStyle (Wang et al. 2024) injects an image prompt into. */
export const instantStyleBlocks = {
  style: 'up_blocks.0.attentions.1',
  layout: 'down_blocks.2.attentions.1',
} as const;

/**
 * InstantStyle's other half: an image embedding [B, d] less the text embedding of what the reference shows [1 or B, d], so that
 * the style is left.
 */
export function withoutContent(
  image: Tensor,
  content: Tensor,
  { scale = 1 }: { readonly scale?: number } = {},
): Tensor {
  return tf.tidy(() => tf.sub(image, tf.mul(content, scale)));
}

/** What a layer saw when it denoised the reference. */
export interface ReferenceAttention extends KeyValues {
  readonly queries: Tensor;
}

/**
 * StyleAligned (Hertz et al. 2024): the image's queries and keys are brought to mean and deviation of the reference's over the
 * tokens, then it looks at the reference's tokens and its own together. The reference comes from inverting its image.
 */
export function sharedAttention(q: Tensor, self: KeyValues, reference: ReferenceAttention): Tensor {
  return tf.tidy(() => {
    const keys = adaptiveNormalization(self.keys, reference.keys, -2);
    const { keys: all, values } = joinSets([reference, { ...self, keys }]);
    return attend(adaptiveNormalization(q, reference.queries, -2), all, values);
  });
}

/** Swapped self-attention (Jeong et al. 2024, "Visual Style Prompting"): own queries, the reference's keys and values. */
export function swappedAttention(q: Tensor, reference: KeyValues): Tensor {
  return tf.tidy(() => attend(q, reference.keys, reference.values));
}

/**
 * Adaptive instance normalisation (Huang & Belongie 2017, eq. 8): x at the reference's mean and standard deviation over some
 * axes.
 *
 * @throws LabError `shape` when they differ in rank
 */
export function adaptiveNormalization(
  x: Tensor,
  reference: Tensor,
  axes: number | readonly number[],
): Tensor {
  if (x.rank !== reference.rank)
    throw new LabError('shape', 'adaptive normalisation needs a reference of the same rank', {
      expected: x.shape,
      received: reference.shape,
    });
  const over = (typeof axes === 'number' ? [axes] : [...axes]).map((axis) =>
    axis < 0 ? x.rank + axis : axis,
  );
  return tf.tidy(() => {
    const [own, other] = [tf.moments(x, over, true), tf.moments(reference, over, true)];
    const ratio = tf.sqrt(tf.div(tf.add(other.variance, 1e-5), tf.add(own.variance, 1e-5)));
    return tf.add(tf.mul(tf.sub(x, own.mean), ratio), other.mean);
  });
}
