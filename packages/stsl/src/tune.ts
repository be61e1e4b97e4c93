import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { psnr } from '@lab/diffusion-core/metrics';
import { assertImageRange } from './problems/image-scale';

export interface TuneOptions<Setting> {
  /** Restores the validation images with one setting, within [-1, 1]. */
  readonly restore: (setting: Setting) => Promise<Array64>;
  /** The validation images [B, H, W, C] themselves. */
  readonly truth: Array64;
  /** Measures images without noise. */
  readonly measure: (images: Array64) => Array64 | Promise<Array64>;
  /** What was measured of the validation images. */
  readonly y: Array64;
  /** Standard deviation of the measurement's noise, positive. */
  readonly deviation: number;
}

export interface Trial<Setting> {
  readonly setting: Setting;
  /** Mean over the images, in decibels. */
  readonly psnr: number;
  /** Root-mean-square residual over the noise's deviation: 1 is what the truth has. */
  readonly residualRatio: number;
  /** `over`: the ratio is below 0.7, noise is being fitted. `under`: above 1.5. */
  readonly fit: 'over' | 'balanced' | 'under';
}

/**
 * Tries settings on validation images and gives them back from the best PSNR to the worst.
 *
 * @throws LabError `argument` without settings, or for a truth beyond [-1, 1]
 * @example
 * const [best] = await tune([0.03, 0.1, 0.3], { restore, truth, measure, y, deviation: 0.05 });
 */
export async function tune<Setting>(
  settings: readonly Setting[],
  { restore, truth, measure, y, deviation }: TuneOptions<Setting>,
): Promise<Trial<Setting>[]> {
  if (settings.length === 0 || !(deviation > 0))
    throw new LabError('argument', 'tune: at least one setting, and a positive deviation', {
      received: { settings: settings.length, deviation },
    });
  assertImageRange(truth, 'truth');
  const trials: Trial<Setting>[] = [];
  for (const setting of settings) {
    const images = await restore(setting);
    const values = psnr(images, truth, { range: 2 });
    const predicted = (await measure(images)).data;
    const squares = y.data.reduce((sum, value, i) => sum + (value - predicted[i]!) ** 2, 0);
    const residualRatio = Math.sqrt(squares / y.data.length) / deviation;
    trials.push({
      setting,
      psnr: values.reduce((sum, each) => sum + each, 0) / values.length,
      residualRatio,
      fit: residualRatio < 0.7 ? 'over' : residualRatio > 1.5 ? 'under' : 'balanced',
    });
  }
  return trials.sort((a, b) => b.psnr - a.psnr);
}
