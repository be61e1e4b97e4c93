import { adam, applyUpdates, tf, type OptimizerState, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { GuidancePoint, InverseProblem } from '../problems/types';
import { promptTokens, type PromptAccess } from './prompt-access';

/** How P2L fits the embedding of the text at each level. */
export interface PromptTuning {
  /** Steps of Adam at each level; one is the paper's count of two evaluations a step. @default 1 */
  readonly iterations?: number;
  /** Of Adam, which begins anew at each level. @default 1e-4 */
  readonly learningRate?: number;
  /** Where the condition has its embedding. @default promptTokens */
  readonly prompt?: PromptAccess;
}

export interface TunePromptOptions extends PromptTuning, GuidancePoint {
  /** Where Adam begins, [B, ...]; it stays the caller's. @default the condition's own */
  readonly embedding?: Tensor;
}

/**
 * Prompt tuning of P2L (Chung et al. 2024, "Prompt-tuning Latent Diffusion Models for Inverse Problems"): some steps of Adam on
 * `|A D(x0(z, C)) - y|^2` by the embedding C, each example's its own. One evaluation of the denoiser a step.
 *
 * @returns the embedding [B, ...], the caller's
 * @throws LabError `argument` for negative settings or a condition without an embedding, `shape` for one of another batch,
 *   `unsupported` where the problem's denoiser reads none
 */
export async function tunePrompt<X>(
  problem: InverseProblem<X>,
  z: X,
  { t, condition, embedding, ...tuning }: TunePromptOptions,
): Promise<Tensor> {
  const { iterations = 1, learningRate = 1e-4, prompt = promptTokens } = tuning;
  assertTuning(tuning);
  let found = begin(embedding ?? prompt.read(condition), problem.denoiser.space.shape(z)[0]!);
  if (iterations === 0) return found;
  const optimizer = adam({ learningRate });
  let state: OptimizerState | undefined = optimizer.init(found);
  try {
    if (!problem.embeddingGradient)
      throw new LabError(
        'unsupported',
        'the denoiser of this problem reads no embedding that could be tuned',
        {
          argument: 'problem',
          hint: 'imageProblem with a network that reads a text; without `prompt`, P2L leaves the text as it is',
        },
      );
    for (let j = 0; j < iterations; j++) {
      const { gradient } = await problem.embeddingGradient(z, found, {
        t,
        conditionOf: (each) => prompt.write(condition, each),
      });
      const before: Fitted = { embedding: found, state };
      const next = tf.tidy((): never => {
        const { updates, state } = optimizer.update(gradient, before.state, before.embedding);
        return { embedding: applyUpdates(before.embedding, updates), state } as never;
      }) as Fitted;
      [found, state] = [next.embedding, next.state];
      tf.dispose([before, gradient] as never);
    }
    return found;
  } catch (error) {
    found.dispose();
    throw error;
  } finally {
    tf.dispose(state as never);
  }
}

interface Fitted {
  readonly embedding: Tensor;
  readonly state: OptimizerState;
}

/** @throws LabError `argument` */
export function assertTuning({ iterations = 1, learningRate = 1e-4 }: PromptTuning): void {
  if (!(Number.isInteger(iterations) && iterations >= 0 && learningRate > 0))
    throw new LabError('argument', 'prompt tuning: iterations is a whole number and learningRate positive', {
      received: { iterations, learningRate },
    });
}

/** A copy with one embedding for each example. */
function begin(embedding: Tensor, batch: number): Tensor {
  if (embedding.shape[0] === batch) return tf.clone(embedding);
  if (embedding.shape[0] === 1)
    return tf.tile(
      embedding,
      embedding.shape.map((_, axis) => (axis === 0 ? batch : 1)),
    );
  throw new LabError('shape', 'there is one embedding for all examples, or one for each', {
    argument: 'embedding',
    expected: `[1 or ${batch}, ...]`,
    received: embedding.shape,
  });
}
