import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** Where a denoiser's condition has the embedding of its text. */
export interface PromptAccess {
  /** The embedding [1 or B, ...]; it stays the condition's. */
  read(condition: unknown): Tensor;
  /** The condition with another embedding in its place. */
  write(condition: unknown, embedding: Tensor): unknown;
}

/**
 * Finds the embedding in the two kinds of condition that networks of this project take: a tensor is the embedding itself
 * (Stable Diffusion), and an object has it as `tokens` (`ImageCondition` of diffusion-core).
 */
export const promptTokens: PromptAccess = {
  read(condition) {
    const found = isTensor(condition) ? condition : (condition as { tokens?: unknown } | undefined)?.tokens;
    if (isTensor(found)) return found;
    throw new LabError('argument', 'the condition holds no embedding of a text', {
      argument: 'condition',
      expected: 'a tensor, or an object with a tensor as tokens',
      received: typeof condition,
      hint: 'say where it is: { read: (condition) => ..., write: (condition, embedding) => ... }',
    });
  },
  write: (condition, embedding) =>
    isTensor(condition) ? embedding : { ...(condition as object), tokens: embedding },
};

const isTensor = (value: unknown): value is Tensor => value instanceof tf.Tensor;
