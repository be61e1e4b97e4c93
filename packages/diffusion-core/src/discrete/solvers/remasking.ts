import { assertWithin } from '../validate';
import { greatestRemasking, reverseKernel } from './kernel';
import type { MaskingStep, TokenSolver } from './types';

/** A solver that keeps the marginals, from its chance of remasking. */
function remaskingSolver(name: string, chance: (step: MaskingStep, greatest: number) => number): TokenSolver {
  return {
    name,
    rates(step) {
      const greatest = greatestRemasking(step.alpha, step.alphaNext);
      return reverseKernel(step.alpha, step.alphaNext, chance(step, greatest));
    },
  };
}

/** A token once drawn stays: the ancestral sampler of masked diffusion (Sahoo et al. 2024, eq. 7). */
export function lockedIn(): TokenSolver {
  return remaskingSolver('locked-in', () => 0);
}

export interface RemaskingOptions {
  /** Size of the remasking, in [0, 1]. */
  readonly eta?: number;
}

/** Remasks with chance `min(eta, greatest)` (ReMDM-cap). @default eta 0.008 */
export function cappedRemasking({ eta = 0.008 }: RemaskingOptions = {}): TokenSolver {
  assertWithin('eta', eta, [0, 1]);
  return remaskingSolver('capped remasking', (_, greatest) => Math.min(eta, greatest));
}

/** Remasks with chance `eta greatest` (ReMDM-rescale). @default eta 0.1 */
export function rescaledRemasking({ eta = 0.1 }: RemaskingOptions = {}): TokenSolver {
  assertWithin('eta', eta, [0, 1]);
  return remaskingSolver('rescaled remasking', (_, greatest) => eta * greatest);
}

/**
 * Remasks what was drawn with little confidence before the rest: shares of the greatest chance by a softmax of minus the
 * probability that each token had when it was drawn (ReMDM-conf). Masked and given places have no share.
 */
export function confidenceRemasking(): TokenSolver {
  return {
    name: 'confidence remasking',
    remembers: true,
    rates({ alpha, alphaNext, masked, given, confidence }) {
      const greatest = greatestRemasking(alpha, alphaNext);
      const remask = confidence.map((probability, place) =>
        masked[place] || given[place] ? 0 : Math.exp(-probability),
      );
      const total = remask.reduce((sum, each) => sum + each, 0);
      if (total > 0) for (let i = 0; i < remask.length; i++) remask[i] = (remask[i]! / total) * greatest;
      return { unmask: reverseKernel(alpha, alphaNext).unmask, remask };
    },
  };
}
