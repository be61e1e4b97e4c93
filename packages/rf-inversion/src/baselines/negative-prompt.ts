import { classifierFreeGuidance, type Denoiser } from '@lab/diffusion-core';
import { ddimEdit, ddimInversion, type DdimInversionOptions } from './ddim-inversion';

export interface NegativePromptOptions<X, Condition> extends Omit<
  DdimInversionOptions<X, Condition>,
  'condition'
> {
  /** What the image shows. */
  readonly sourceCondition: Condition;
  /** What it shall show. */
  readonly targetCondition: Condition;
  /** @default 7.5 */
  readonly scale?: number;
}

/**
 * Negative-prompt inversion (Miyake et al. 2023): DDIM inversion under the image's own prompt, and guidance whose null
 * prompt is that prompt. It is what null-text inversion tends to, without its optimisation: under the source as target,
 * guidance has nothing to add and the image returns as from DDIM at guidance 1.
 */
export async function negativePromptInversion<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: NegativePromptOptions<X, Condition>,
): Promise<{ readonly image: X; readonly modelCalls: number }> {
  const { sourceCondition, targetCondition, scale = 7.5, ...run } = options;
  const inversion = await ddimInversion(denoiser, image, { ...run, condition: sourceCondition });
  try {
    const guided = classifierFreeGuidance(denoiser, { scale, unconditional: sourceCondition });
    const { schedule, engine, signal } = run;
    const edited = await ddimEdit(guided, inversion, {
      schedule,
      engine,
      signal,
      condition: targetCondition,
    });
    const each = scale === 0 || scale === 1 ? 1 : 2;
    return { image: edited.image, modelCalls: inversion.modelCalls + each * edited.modelCalls };
  } finally {
    denoiser.space.dispose(inversion.noise);
  }
}
