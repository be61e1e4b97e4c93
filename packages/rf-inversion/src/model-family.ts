import { resolutionShift } from '@lab/diffusion-core';
import { fluxScale, stableDiffusion3Scale, type LatentScale } from '@lab/models/flow-transformer';
import { LabError } from '@lab/tensor-core/errors';

/** The constants of a family of latent flow models. */
export interface ModelFamily {
  /** What image sides are multiples of, in pixels. */
  readonly multiple: number;
  /** From the autoencoder's latents to those that the network sees: for `scaleLatents` of `@lab/models/flow-transformer`. */
  readonly latents: LatentScale;
  /** Shift of the grid for an image [height, width] in pixels. */
  readonly gridShift: (height: number, width: number) => number;
  /** What the network is told of a noise level in [0, 1]. */
  readonly timestep: (t: number) => number;
  /**
   * `embedded`: guidance is an input of the network (Flux dev: 0 to invert, 3.5 to edit). `combined`: two calls
   * (`classifierFreeGuidance`: 1 to invert, 4 to 7 to edit). `none`: distilled without it (Flux schnell).
   */
  readonly guidance: 'embedded' | 'combined' | 'none';
}

const flux = {
  multiple: 16,
  latents: fluxScale,
  gridShift: (height: number, width: number) => resolutionShift((height / 16) * (width / 16)),
  timestep: (t: number) => t,
} as const;

/** Constants as published with the models; those of Stable Diffusion 3 are recalled and were not checked. */
export const modelFamilies = {
  'flux-dev': { ...flux, guidance: 'embedded' },
  // Schnell was distilled on the unshifted grid.
  'flux-schnell': { ...flux, guidance: 'none', gridShift: () => 1 },
  'stable-diffusion-3': {
    multiple: 16,
    latents: stableDiffusion3Scale,
    gridShift: () => 3,
    timestep: (t: number) => 1000 * t,
    guidance: 'combined',
  },
} as const satisfies Record<string, ModelFamily>;

/**
 * Refuses an image whose sides the model cannot take, naming the nearest that it can.
 *
 * @throws LabError `shape`
 */
export function assertImageSize(
  height: number,
  width: number,
  { multiple }: Pick<ModelFamily, 'multiple'>,
): void {
  const fits = (size: number): boolean => Number.isInteger(size) && size > 0 && size % multiple === 0;
  if (fits(height) && fits(width)) return;
  const nearest = [height, width].map((size) => Math.max(multiple, Math.round(size / multiple) * multiple));
  throw new LabError('shape', `sides of an image are multiples of ${multiple} pixels`, {
    argument: 'height, width',
    received: [height, width],
    hint: `the nearest are ${nearest.join(' by ')}`,
  });
}

/**
 * The embedded guidance of a call, [B] copies of it, or undefined for a model without that input.
 *
 * @throws LabError `argument` when a model with the input gets none, or one without it gets one
 */
export function guidanceInput(
  { guidance }: Pick<ModelFamily, 'guidance'>,
  value: number | undefined,
  batch: number,
): Float32Array | undefined {
  const isEmbedded = guidance === 'embedded';
  if (isEmbedded !== (value !== undefined))
    throw new LabError(
      'argument',
      isEmbedded ? 'this model takes its guidance as an input' : 'this model has no guidance input',
      {
        argument: 'guidance',
        received: value ?? 'none',
        hint: isEmbedded
          ? '0 to invert, 3.5 to edit'
          : 'leave it out; for two-call guidance take classifierFreeGuidance',
      },
    );
  return value === undefined ? undefined : new Float32Array(batch).fill(value);
}
