import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '../types';
import { assertTime, evenTimes } from './validate';

export interface VpLinearOptions {
  /** Noise rate at t = 0, positive. @default 0.1 */
  readonly betaMin?: number;
  /** Noise rate at t = 1, at least `betaMin`. @default 20 */
  readonly betaMax?: number;
}

/**
 * The variance-preserving schedule with a noise rate linear in time, the continuous limit of DDPM's 1000 linear betas:
 * `log alpha(t) = -t^2 (betaMax - betaMin) / 4 - t betaMin / 2`.
 *
 * Song et al. 2021, "Score-Based Generative Modeling through SDEs", eq. 33. For the 1000 discrete steps themselves use
 * `signalLevelSchedule(signalLevels(linearBetas()))`.
 *
 * @example
 * vpLinearSchedule().alpha(1); // 0.00657: t = 1 keeps a trace of the signal
 */
export function vpLinearSchedule({ betaMin = 0.1, betaMax = 20 }: VpLinearOptions = {}): Schedule {
  if (!(betaMin > 0 && betaMax >= betaMin && Number.isFinite(betaMax)))
    throw new LabError('argument', 'vpLinearSchedule needs 0 < betaMin <= betaMax', {
      received: { betaMin, betaMax },
    });
  const logAlpha = (t: number): number => {
    assertTime(t);
    return -0.25 * t * t * (betaMax - betaMin) - 0.5 * t * betaMin;
  };
  return {
    name: 'vp-linear',
    kind: 'vp',
    alpha: (t) => Math.exp(logAlpha(t)),
    sigma: (t) => Math.sqrt(-Math.expm1(2 * logAlpha(t))),
    logSnr: (t) => 2 * logAlpha(t) - Math.log(-Math.expm1(2 * logAlpha(t))),
    times: evenTimes,
  };
}
