import { linear, tf, type LinearParams, type Module, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { ImageCondition, TokensOptions } from './condition';

/** What an attention layer sees: image tokens first, then those of the text. */
export interface TokenContext {
  /** [B, n, width] */
  readonly tokens: Tensor;
  /** [B, n], 1 where a token may be seen. */
  readonly mask: Tensor;
}

/**
 * Brings the tokens of a condition to the width of a network. Withheld tokens are masked, not zeroed: attention then is
 * that of a network without text.
 */
export function tokenContext(
  { width: inputs }: TokensOptions,
  width: number,
): Module<LinearParams, [condition: ImageCondition], TokenContext> {
  const project = linear({ inputs, outputs: width });
  return {
    init: (key) => project.init(key),
    apply(params, { tokens, tokenMask, present }) {
      if (tokens?.rank !== 3 || tokens.shape[2] !== inputs)
        throw new LabError('shape', `the network was made for text tokens of size ${inputs}`, {
          argument: 'condition.tokens',
          expected: `[batch, n, ${inputs}]`,
          received: tokens?.shape ?? 'nothing',
        });
      const all = tokenMask ?? tf.ones(tokens.shape.slice(0, 2));
      const mask = present ? tf.mul(all, tf.reshape(present, [-1, 1])) : all;
      return { tokens: project.apply(params, tokens), mask };
    },
  };
}

/** Image tokens [B, N, width] with a context behind them, and what may be seen of it all. */
export function joinTokens(
  image: Tensor,
  context: TokenContext | undefined,
): { context: Tensor; mask?: Tensor } {
  if (!context) return { context: image };
  return {
    context: tf.concat([image, context.tokens], 1),
    mask: tf.concat([tf.ones(image.shape.slice(0, 2)), context.mask], 1),
  };
}
