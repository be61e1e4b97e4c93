import { tf, type Attend, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { afaAttention, type AfaOptions } from './afa';
import { sliceSet, tokenCount, type AttentionSets, type KeyValues } from './key-values';

export interface TokenLayout {
  /** Tokens of the text, right after the image's own. */
  readonly text: number;
  /** Tokens of the content reference, after the text's. @default 0 */
  readonly content?: number;
  /** Tokens of the style reference, the last ones. @default 0 */
  readonly style?: number;
}

/**
 * Attention Feature Aggregation as the attention of a network of diffusion-core (`diffusionTransformer({ attend })`,
 * `imageUnet({ attend })`), whose parameters stay what they were trained to be. The tokens of a call stand in the order image,
 * text, content, style; a layer without image tokens, such as cross-attention, has the other ones alone. In joint attention
 * (Stable Diffusion 3, Flux) the text's tokens ask behind the image's: they go on seeing image and text alone.
 *
 * @throws LabError `shape` while running, when a layer sees fewer tokens than the layout says
 * @example
 * const styled = diffusionTransformer({ ...sizes, attend: afaLayer({ text: 77, style: 4 }) });
 * networkDenoiser(styled, params, { predicts: 'velocity' });
 */
export function afaLayer({ text, content = 0, style = 0 }: TokenLayout, options: AfaOptions = {}): Attend {
  return (q, keys, values, { mask } = {}) =>
    tf.tidy(() => {
      const sets = splitSets({ keys, values, mask }, { text, content, style });
      const [asking, self] = [q.shape.at(-2)!, sets.self ? tokenCount(sets.self) : 0];
      if (self === 0 || text === 0 || asking !== self + text) return afaAttention(q, sets, options);
      const [ofImage, ofText] = tf.split(q, [self, text], q.rank - 2) as [Tensor, Tensor];
      const read = afaAttention(ofText, sets, { mode: 'text' });
      return tf.concat([afaAttention(ofImage, sets, options), read], -2);
    });
}

/** The sets of a layer's tokens. */
export function splitSets(all: KeyValues, { text, content = 0, style = 0 }: TokenLayout): AttentionSets {
  const count = all.keys.shape.at(-2)!;
  const self = count - text - content - style;
  if (self < 0)
    throw new LabError('shape', 'the layer sees fewer tokens than the layout says', {
      expected: { text, content, style },
      received: count,
      hint: 'the condition has to bring text, content and style tokens, in this order',
    });
  const part = (begin: number, size: number): KeyValues | undefined =>
    size === 0 ? undefined : sliceSet(all, begin, size);
  return {
    self: part(0, self),
    text: part(self, text),
    content: part(self + text, content),
    style: part(self + text + content, style),
  };
}
