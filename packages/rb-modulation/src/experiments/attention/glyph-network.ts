import { diffusionTransformer, type DiffusionTransformerParams, type Metadata } from '@lab/diffusion-core';
import {
  linear,
  normalInit,
  tf,
  type Attend,
  type LinearParams,
  type Module,
  type Tensor,
} from '@lab/tensor-core';
import { split, type Key } from '@lab/tensor-core/random';
import { featureSize } from './encoder';
import { digits } from './glyph-data';

/** Tokens of a class, and of an image embedding. */
export const tokens = { text: 4, style: 4 } as const;
const width = 64;

export interface GlyphNetworkParams {
  /** [6, 4 x 64] tokens of each digit, and of none. */
  readonly classes: Tensor;
  /** Image embedding to its tokens, as Stable Cascade's `clip_img_mapper`. */
  readonly image: LinearParams;
  readonly transformer: DiffusionTransformerParams;
}

/**
 * A small stand-in for Stage C: a diffusion transformer whose attention reads, beside the image, four tokens of the digit asked
 * for and four of an image embedding. Conditions are `categorical` [B, 2], the digit and whether there is an image prompt, and
 * `continuous` [B, 64], the standardised features of that prompt; `present` withholds the digit.
 */
export function glyphNetwork(
  attend?: Attend,
): Module<GlyphNetworkParams, [x: Tensor, t: Tensor, condition?: Metadata]> {
  const transformer = diffusionTransformer({
    ...{ height: 8, width: 8, channels: 3, size: width, layers: 3, heads: 4 },
    tokens: { width },
    ...(attend && { attend }),
  });
  const image = linear({ inputs: featureSize, outputs: tokens.style * width });
  return {
    init(key) {
      const [first, second, third] = split(key, 3) as [Key, Key, Key];
      return {
        classes: normalInit(0.5)(first, [digits.length + 1, tokens.text * width]),
        image: image.init(second),
        transformer: transformer.init(third),
      };
    },
    apply(params, x, t, { categorical, continuous, present } = {}) {
      const batch = x.shape[0];
      const [digit, prompted] = tf.split(tf.cast(categorical!, 'float32'), 2, 1) as [Tensor, Tensor];
      const shown = present ? tf.reshape(present, [batch, 1]) : tf.ones([batch, 1]);
      // Number 5 is no digit; by comparison and not by `oneHot`, which compiles nowhere.
      const known = tf.add(tf.mul(digit, shown), tf.mul(tf.sub(1, shown), digits.length));
      const numbers = tf.tensor2d(
        [...digits, -1].map((_, i) => i),
        [1, digits.length + 1],
      );
      const chosen = tf.relu(tf.sub(1, tf.abs(tf.sub(known, numbers))));
      const text = tf.reshape(tf.matMul(chosen, params.classes), [batch, tokens.text, width]);
      const style = tf.reshape(image.apply(params.image, continuous!), [batch, tokens.style, width]);
      const mask = tf.concat([tf.ones([batch, tokens.text]), tf.tile(prompted, [1, tokens.style])], 1);
      return transformer.apply(params.transformer, x, t, {
        tokens: tf.concat([text, style], 1),
        tokenMask: mask,
      });
    },
  };
}
