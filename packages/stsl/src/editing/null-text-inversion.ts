import { adam, applyUpdates, tf, valueAndGrad, type OptimizerState, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { classifierFreeGuidance, type Denoiser, type Schedule } from '@lab/diffusion-core';
import { differentiableEstimate } from '../problems/differentiable-estimate';
import { invert } from '../stsl/initial-state';
import type { TimedGuidance } from './prompt-to-prompt';

export interface NullTextOptions {
  readonly denoiser: Denoiser;
  readonly schedule: Schedule;
  /** @default 50 */
  readonly steps?: number;
  readonly times?: readonly number[];
  /** What the latents show, as the denoiser is told it. */
  readonly condition: unknown;
  /** The embedding that stands for no text, a float32 tensor; it stays the caller's. */
  readonly unconditional: Tensor;
  /** The denoiser's condition made from an embedding. @default the embedding itself */
  readonly conditionOf?: (embedding: Tensor) => unknown;
  /** Scale of the guidance that the edit will be sampled with. @default 7.5 */
  readonly scale?: number;
  /** Steps of Adam at each level. @default 10 */
  readonly iterations?: number;
  /** Of Adam at the first level; it falls by a hundredth of itself with each. @default 0.01 */
  readonly learningRate?: number;
  /** Mean squared error, of every example, below which a level is done. @default 1e-5 */
  readonly tolerance?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface NullTextInversion {
  /** The latents at the noisiest time. */
  readonly noisy: Tensor;
  /** One embedding for each step of sampling, from the noisiest down. */
  readonly embeddings: readonly Tensor[];
  /** Largest mean squared error of an example to its inversion, after each step. */
  readonly errors: readonly number[];
  /** Guided by the embedding of each time in the place of no text: sample it on the same times from `noisy`. */
  readonly denoiser: Denoiser;
  /** The same guidance for `editWithPrompts`. */
  readonly guidance: TimedGuidance;
  /** Frees `noisy` and the embeddings. */
  dispose(): void;
}

/**
 * Null-text inversion (Mokady et al. 2023), the paper's baseline for editing: latents are inverted without guidance, and then, level by
 * level, the embedding of the empty text is fitted so that a guided DDIM step hits the inversion's next state.
 *
 * @throws LabError `unsupported` for a denoiser that is not synchronous, `aborted`
 * @example
 * const inversion = await nullTextInversion(latents, { denoiser, schedule, condition: dog, unconditional: empty });
 * const { samples } = await sample(inversion.denoiser, { schedule, init: inversion.noisy, condition: cat, key });
 */
export async function nullTextInversion(
  clean: Tensor,
  {
    denoiser,
    schedule,
    steps = 50,
    condition,
    unconditional,
    conditionOf = (embedding) => embedding,
    scale = 7.5,
    iterations = 10,
    learningRate = 0.01,
    tolerance = 1e-5,
    signal,
    ...rest
  }: NullTextOptions,
): Promise<NullTextInversion> {
  const times = rest.times ?? schedule.times(steps);
  // The inversion's states from the noisiest down to the clean latent.
  const path: Tensor[] = [tf.clone(clean)];
  const embeddings: Tensor[] = [];
  const errors: number[] = [];
  const estimateAt = differentiableEstimate({ denoiser, schedule });
  const guided = (z: Tensor, embedding: Tensor, t: number, tNext: number): Tensor =>
    tf.tidy(() => {
      const noiseOf = (of: unknown): Tensor => estimateAt(z, { t, condition: of }).noise;
      const noise = tf.add(
        tf.mul(noiseOf(condition), scale),
        tf.mul(noiseOf(conditionOf(embedding)), 1 - scale),
      );
      const x0 = tf.div(tf.sub(z, tf.mul(noise, schedule.sigma(t))), schedule.alpha(t));
      return tf.add(tf.mul(x0, schedule.alpha(tNext)), tf.mul(noise, schedule.sigma(tNext)));
    });
  const worst = (a: Tensor, b: Tensor): Tensor => tf.max(meanSquares(a, b));
  let [z, state]: [Tensor | undefined, OptimizerState | undefined] = [undefined, undefined];
  try {
    (
      await invert({ denoiser, schedule }, clean, {
        times,
        condition,
        signal,
        onState: (state) => path.unshift(tf.clone(state)),
      })
    ).dispose();
    z = tf.clone(path[0]!);
    for (let i = 0; i + 1 < times.length; i++) {
      const [t, tNext, goal] = [times[i]!, times[i + 1]!, path[i + 1]!];
      embeddings.push(tf.clone(embeddings[i - 1] ?? unconditional));
      const optimizer = adam({ learningRate: learningRate * (1 - i / 100) });
      state = optimizer.init(embeddings[i]!);
      for (let j = 0; j <= iterations; j++) {
        if (signal?.aborted)
          throw new LabError('aborted', 'the inversion was aborted by the caller', { cause: signal.reason });
        const far = tf.tidy(() => worst(guided(z!, embeddings[i]!, t, tNext), goal));
        errors[i] = (await far.data())[0]!;
        far.dispose();
        if (j === iterations || errors[i]! < tolerance) break;
        const before: Fitted = { embedding: embeddings[i]!, state: state };
        const next = tf.tidy((): never => {
          const { grads } = valueAndGrad((embedding: Tensor) =>
            tf.sum(meanSquares(guided(z!, embedding, t, tNext), goal)),
          )(before.embedding);
          const found = optimizer.update(grads, before.state, before.embedding);
          return { embedding: applyUpdates(before.embedding, found.updates), state: found.state } as never;
        }) as Fitted;
        embeddings[i] = next.embedding;
        state = next.state;
        tf.dispose(before as never);
      }
      tf.dispose(state as never);
      state = undefined;
      const after = guided(z, embeddings[i]!, t, tNext);
      z.dispose();
      z = after;
    }
    const noisy = tf.clone(path[0]!);
    const guidance = guidanceOf({ times, scale, conditions: embeddings.map(conditionOf) });
    return {
      noisy,
      embeddings,
      errors,
      guidance,
      denoiser: guidedByTime(denoiser, guidance),
      dispose: () => tf.dispose([noisy, ...embeddings]),
    };
  } catch (error) {
    tf.dispose(embeddings);
    throw error;
  } finally {
    tf.dispose([path, z ?? [], state ?? []] as never);
  }
}

interface Fitted {
  readonly embedding: Tensor;
  readonly state: OptimizerState;
}

/** [B] */
function meanSquares(a: Tensor, b: Tensor): Tensor {
  return tf.mean(tf.square(tf.sub(tf.reshape(a, [a.shape[0], -1]), tf.reshape(b, [b.shape[0], -1]))), 1);
}

function guidanceOf({
  times,
  scale,
  conditions,
}: {
  readonly times: readonly number[];
  readonly scale: number;
  readonly conditions: readonly unknown[];
}): TimedGuidance {
  return {
    scale,
    unconditionalAt(t) {
      const at = times.indexOf(t);
      if (at >= 0) return conditions[at];
      throw new LabError(
        'argument',
        'null-text inversion: there is an embedding for the inverted times alone',
        { argument: 'times', received: t },
      );
    },
  };
}

/** Classifier-free guidance with another unconditional side at each time. */
function guidedByTime(denoiser: Denoiser, { scale, unconditionalAt }: TimedGuidance): Denoiser {
  return {
    predicts: denoiser.predicts,
    space: denoiser.space,
    predict: (x, t, condition, context) =>
      classifierFreeGuidance(denoiser, { scale, unconditional: unconditionalAt(t) }).predict(
        x,
        t,
        condition,
        context,
      ),
  };
}
