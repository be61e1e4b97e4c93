import { tf, type Attend } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { controlledAttention } from './controlled-attention';
import { pairOf } from './pairs';
import type { PromptEdit } from './prompt-edit';

/** Attentions for the layers of a network; those that are absent stay as they are. */
export interface AttentionHooks {
  /** Of layers that see the text alone. */
  readonly text?: Attend;
  /** Of layers that see the image alone. */
  readonly image?: Attend;
  /** Of layers that see the image and behind it the text. */
  readonly joint?: Attend;
}

/** Classifier-free guidance whose unconditional side may differ from time to time. */
export interface TimedGuidance {
  readonly scale: number;
  /** What the denoiser of sources is given in the condition's place. */
  readonly unconditionalAt: (t: number) => unknown;
}

export interface PromptToPromptOptions {
  /** The denoiser with other attentions. Asked for a few kinds of hooks, none of them among these; it is freed by `dispose`. */
  readonly denoiserWith: (hooks: AttentionHooks) => Denoiser;
  readonly edit: PromptEdit;
  /** The sampling grid, falling to 0: shares are of its steps. */
  readonly times: readonly number[];
  /** Share of the steps in which the attention to the text is controlled, from the noisiest on. @default 0.8 */
  readonly cross?: number;
  /** Share of the steps in which the attention of the image to itself is. @default 0.4 */
  readonly self?: number;
  /** Most places of an image whose attention to itself is taken. @default 1024 */
  readonly largest?: number;
  /** Of both branches; the unconditional side is never controlled. @default none */
  readonly guidance?: TimedGuidance;
}

/**
 * Prompt-to-Prompt (Hertz et al. 2023, "Prompt-to-Prompt Image Editing with Cross-Attention Control"): a denoiser of sources and
 * targets side by side, [2 n, ...], the first half sources. Their condition is one of the whole batch (`pairOf`).
 *
 * @throws LabError `argument` for shares outside [0, 1]
 * @example
 * promptToPrompt({
 *   denoiserWith: ({ text, image }) =>
 *     networkDenoiser(unet2dCondition(config, { attendText: text, attendImage: image }), params, { predicts: 'epsilon' }),
 *   edit: wordSwap(source, target, { length: 77 }),
 *   times,
 * });
 */
export function promptToPrompt({
  denoiserWith,
  edit,
  times,
  cross = 0.8,
  self = 0.4,
  largest = 1024,
  guidance,
}: PromptToPromptOptions): Denoiser {
  for (const [argument, received] of Object.entries({ cross, self }))
    if (!(received >= 0 && received <= 1))
      throw new LabError('argument', `promptToPrompt: ${argument} is a share of the steps, in [0, 1]`, {
        argument,
        received,
      });
  const made = new Map<string, Denoiser>();
  const denoiserFor = (control: { readonly cross: boolean; readonly self: boolean }): Denoiser => {
    const name = `${control.cross} ${control.self}`;
    const hook = (text: number): Attend => controlledAttention(edit, { ...control, largest, text });
    const places = edit.taken.length;
    const found =
      made.get(name) ??
      denoiserWith({
        ...(control.cross && { text: hook(places) }),
        ...(control.self && { image: hook(0) }),
        ...((control.cross || control.self) && { joint: hook(places) }),
      });
    made.set(name, found);
    return found;
  };
  const plain = denoiserFor({ cross: false, self: false });
  return {
    predicts: plain.predicts,
    space: tensorSpace,
    dispose() {
      for (const each of made.values()) each.dispose?.();
    },
    async predict(x, t, condition, context) {
      const index = times.filter((each) => each > t).length;
      const steps = times.length - 1;
      const active = denoiserFor({ cross: index < cross * steps, self: index < self * steps });
      if (!guidance || guidance.scale === 1) return active.predict(x, t, condition, context);
      const none = guidance.unconditionalAt(t);
      const both = tf.tidy(() => pairOf(none, none) as never) as unknown;
      const held: unknown[] = [both];
      try {
        const withIt = await active.predict(x, t, condition, context);
        held.push(withIt);
        const without = await plain.predict(x, t, both, context);
        held.push(without);
        return tf.tidy(() => tf.add(tf.mul(withIt, guidance.scale), tf.mul(without, 1 - guidance.scale)));
      } finally {
        tf.dispose(held as never);
      }
    },
  };
}
