import type { StslOptions } from './stsl-sample';

/** Kinds of degradation that have settings of their own. */
export type PresetTask = 'super-resolution' | 'blur' | 'inpainting' | 'denoising';

const usual = { step: { kind: 'lipschitz', lambda: 0.1 }, eta: 0.02, probeScale: 1, tau: 1 } as const;

/**
 * Settings to start from, for each kind of degradation. The paper's own step sizes are not published: these come from the small
 * images of this package's experiment, and another model wants them tuned (`tune`). The stop at the noise's level acts when
 * `noiseDeviation` is given beside them.
 *
 * @example
 * await stslRestore(y, operator, model, { ...presets['super-resolution'], noiseDeviation: 0.05, key: key(0) });
 */
export const presets = {
  'super-resolution': { ...usual, init: 'ddimForward' },
  blur: { ...usual, init: 'ddimForward' },
  // Holes filled with grey are no image that DDIM could invert: noise covers them.
  inpainting: { ...usual, init: 'qSample' },
  denoising: { ...usual, step: { kind: 'lipschitz', lambda: 0.05 }, probeScale: 'sigma', init: 'qSample' },
} as const satisfies Readonly<Record<PresetTask, Partial<StslOptions<unknown>>>>;
