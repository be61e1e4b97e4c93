import { within } from './kernel';
import type { TokenSolver } from './types';

/**
 * The forward-backward corrector (Campbell et al. 2022; Wang et al. 2025, prop. C.1): remasks with chance
 * `(alphaNext - alpha) / alpha`. In its last steps that is more than keeps the marginals; chances are limited to [0, 1].
 */
export function forwardBackward(): TokenSolver {
  return {
    name: 'forward-backward',
    rates({ alpha, alphaNext }) {
      const remask = alpha === 0 ? 1 : within((alphaNext - alpha) / alpha);
      return { remask, unmask: within((alphaNext - (1 - remask) * alpha) / (1 - alpha)) };
    },
  };
}

export interface FlowCorrectorOptions {
  /** Size of the correction: `a(t) = size t^0.25 (1 - t)^0.25 + 1`. @default 10 */
  readonly size?: number;
}

/**
 * The corrector of discrete flow matching (Gat et al. 2024, as the ReMDM release has it): unmasks `a(t)` times and
 * remasks `a(t) - 1` times as fast as the plain process, over a step short enough for both to be probabilities. The first
 * step is plain. Times are of the level `alpha = 1 - t`.
 */
export function flowCorrector({ size = 10 }: FlowCorrectorOptions = {}): TokenSolver {
  return {
    name: 'flow-matching corrector',
    rates({ index, t, tNext }) {
      const step = t - tNext;
      if (index === 0 || t >= 1) return { unmask: within(step / t), remask: 0 };
      const forward = size * t ** 0.25 * (1 - t) ** 0.25 + 1;
      const back = forward - 1;
      const short = Math.min(step, 1 / (forward / t + back / (1 - t)));
      return { unmask: within((forward * short) / t), remask: within((back * short) / (1 - t)) };
    },
  };
}

/**
 * Unmasks one place a step, chosen uniformly: the law of the locked-in sampler in the limit of many steps, with exactly
 * as many model calls as masked places (Zheng et al. 2024). For denoisers that are not told of the time.
 */
export function firstHitting(): TokenSolver {
  return {
    name: 'first-hitting',
    remembers: true,
    stepsFor: (maskedPlaces) => maskedPlaces,
    rates({ masked, draw }) {
      const unmask = new Float64Array(masked.length);
      const count = masked.reduce((sum, each) => sum + each, 0);
      let left = Math.min(count - 1, Math.floor(draw * count));
      for (const [place, isMasked] of masked.entries()) if (isMasked && left-- === 0) unmask[place] = 1;
      return { unmask, remask: 0 };
    },
  };
}
