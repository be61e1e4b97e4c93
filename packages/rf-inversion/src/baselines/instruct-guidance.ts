import type { Denoiser } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';

export interface InstructGuidanceOptions<Condition> {
  /** The condition with image and instruction withheld. */
  readonly withoutBoth: (condition: Condition) => Condition | undefined;
  /** The condition with the instruction withheld. */
  readonly imageOnly: (condition: Condition) => Condition | undefined;
  /** @default 1.5 */
  readonly imageScale?: number;
  /** @default 7.5 */
  readonly textScale?: number;
}

/**
 * InstructPix2Pix's guidance (Brooks et al. 2023, eq. 3) around a network that was trained on images and instructions:
 * `e(0, 0) + imageScale (e(image, 0) - e(0, 0)) + textScale (e(image, text) - e(image, 0))`. Three calls a step.
 */
export function instructGuidance<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  { withoutBoth, imageOnly, imageScale = 1.5, textScale = 7.5 }: InstructGuidanceOptions<Condition>,
): Denoiser<X, Condition> {
  const { space, predicts } = denoiser;
  return {
    space,
    predicts,
    async predict(x, t, condition, context) {
      if (condition === undefined)
        throw new LabError('argument', 'instructGuidance needs the image and the instruction', {
          argument: 'condition',
          received: 'none',
        });
      const parts: X[] = [];
      try {
        for (const each of [withoutBoth(condition), imageOnly(condition), condition])
          parts.push(await denoiser.predict(x, t, each, context));
        const [none, image, both] = parts as [X, X, X];
        return space.combine([
          [1 - imageScale, none],
          [imageScale - textScale, image],
          [textScale, both],
        ]);
      } finally {
        for (const each of new Set(parts)) space.dispose(each);
      }
    },
    dispose: () => denoiser.dispose?.(),
  };
}
