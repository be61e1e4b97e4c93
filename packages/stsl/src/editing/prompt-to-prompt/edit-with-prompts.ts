import { tf, type Tensor } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { sample, type Control, type Schedule } from '@lab/diffusion-core';
import { invert } from '../../stsl/initial-state';
import type { NullTextInversion } from '../null-text-inversion';
import { onTargets, pairOf } from './pairs';
import { promptToPrompt, type PromptToPromptOptions } from './prompt-to-prompt';

export interface EditWithPromptsOptions extends Omit<PromptToPromptOptions, 'times'> {
  readonly schedule: Schedule;
  /** @default 50 */
  readonly steps?: number;
  readonly times?: readonly number[];
  /** What the latents show, as the denoiser is told it. */
  readonly source: unknown;
  /** What they shall show. */
  readonly target: unknown;
  /**
   * `nullTextInversion` of the same latents on the same times, whose guidance then leads both branches back to them.
   * @default inverted by DDIM under the source
   */
  readonly inversion?: Pick<NullTextInversion, 'noisy' | 'guidance'>;
  /** What acts on the targets while they are sampled, as in `editLatents`: for STSL-CAT `crossAttentionTuning(...)`. @default [] */
  readonly controls?: readonly Control[];
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
}

export interface PromptEdited {
  /** The latents sampled under the source: how well they came back. */
  readonly source: Tensor;
  /** The edited latents. */
  readonly target: Tensor;
}

/**
 * Stage 2 of STSL-CAT: clean latents (of STSL, where the image was corrupted) are inverted and sampled again, source and target
 * side by side under cross-attention control. Both results are the caller's.
 *
 * @example
 * const inversion = await nullTextInversion(latents, { denoiser, schedule, times, condition: cat, unconditional: empty });
 * const { target } = await editWithPrompts(latents, {
 *   denoiserWith, edit, schedule, times, source: cat, target: dog, inversion, key: key(0),
 *   controls: crossAttentionTuning({ measurement: await stsl(problem, { inner: 1 }), content }),
 * });
 */
export async function editWithPrompts(
  clean: Tensor,
  {
    schedule,
    steps = 50,
    source,
    target,
    inversion,
    controls = [],
    key,
    signal,
    ...rest
  }: EditWithPromptsOptions,
): Promise<PromptEdited> {
  const times = rest.times ?? schedule.times(steps);
  const guidance = inversion?.guidance ?? rest.guidance;
  const plain = rest.denoiserWith({});
  const pairs = promptToPrompt({ ...rest, times, ...(guidance && { guidance }) });
  const held: Tensor[] = [];
  const condition = tf.tidy(() => pairOf(source, target) as never) as unknown;
  try {
    const noisy =
      inversion?.noisy ??
      (await invert({ denoiser: plain, schedule }, clean, { times, condition: source, signal }));
    if (!inversion) held.push(noisy);
    const init = tf.concat([noisy, noisy], 0);
    held.push(init);
    const { samples } = await sample(pairs, {
      schedule,
      times,
      init,
      condition,
      controls: controls.map((each) => onTargets(each, { condition: target, denoiser: plain })),
      key: foldIn(key, 0),
      signal,
    });
    held.push(samples);
    const [first, second] = tf.split(samples, 2, 0) as [Tensor, Tensor];
    return { source: first, target: second };
  } finally {
    tf.dispose(held);
    // An unchanged part of a condition is no new tensor.
    if (condition !== source) tf.dispose(condition as never);
    plain.dispose?.();
    pairs.dispose?.();
  }
}
