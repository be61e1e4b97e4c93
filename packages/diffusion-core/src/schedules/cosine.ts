import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '../types';
import { assertTime, evenTimes } from './validate';

export interface CosineOptions {
  /** Nichol and Dhariwal's `s`, which keeps the noise near t = 0 from being too small; 0 for the plain cosine. @default 0.008 */
  readonly offset?: number;
  /** Share of the quarter turn that is used, in (0, 1]: the plain schedule is alpha = cos(pi/2 scale t). @default 1 */
  readonly scale?: number;
  /**
   * Floor of alpha^2 in [0, 1). A full cosine reaches 0 at t = 1, where a noise prediction says nothing about the
   * sample; the default is where Nichol and Dhariwal's clipping of beta at 0.999 ends after 1000 steps.
   * @default 2.4e-9
   */
  readonly minSignalLevel?: number;
}

/**
 * The cosine schedule `alpha(t) = cos(phi(t)) / cos(phi(0))`, `phi(t) = (scale t + offset) / (1 + offset) * pi / 2`.
 *
 * Nichol & Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", eq. 17. With `offset: 0` equal steps in
 * time are equal angles between sample and noise.
 *
 * @example
 * cosineSchedule({ offset: 0, scale: 0.999 }); // abar(t) = cos^2(0.999 pi/2 t)
 */
export function cosineSchedule({
  offset = 0.008,
  scale = 1,
  minSignalLevel = 2.4e-9,
}: CosineOptions = {}): Schedule {
  if (!(offset >= 0 && scale > 0 && scale <= 1 && minSignalLevel >= 0 && minSignalLevel < 1))
    throw new LabError(
      'argument',
      'cosineSchedule needs offset >= 0, scale in (0, 1], minSignalLevel in [0, 1)',
      {
        received: { offset, scale, minSignalLevel },
      },
    );
  const quarter = Math.PI / 2;
  const angle = (t: number): number => {
    assertTime(t);
    return ((scale * t + offset) / (1 + offset)) * quarter;
  };
  const start = angle(0);
  const signal = (t: number): number => {
    // cos(pi/2) is 6e-17 in floating point, not the 0 that the schedule means.
    const cosine = angle(t) >= quarter ? 0 : Math.cos(angle(t)) / Math.cos(start);
    return Math.max(minSignalLevel, cosine ** 2);
  };
  const noise = (t: number): number => {
    // 1 - cos^2 phi / cos^2 phi_0 without the cancellation near t = 0.
    const exact = (Math.sin(angle(t) - start) * Math.sin(angle(t) + start)) / Math.cos(start) ** 2;
    return Math.min(1 - minSignalLevel, exact);
  };
  return {
    name: 'cosine',
    kind: 'vp',
    alpha: (t) => Math.sqrt(signal(t)),
    sigma: (t) => Math.sqrt(noise(t)),
    logSnr: (t) => Math.log(signal(t)) - Math.log(noise(t)),
    times: evenTimes,
  };
}
