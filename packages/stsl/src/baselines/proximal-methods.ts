import { LabError } from '@lab/tensor-core/errors';
import { ddim } from '@lab/diffusion-core';
import type { RestorationMethod } from './method';

export interface MomentMatchedOptions {
  /** Standard deviation of the measurement's noise, positive. */
  readonly deviation: number;
  /** Conjugate-gradient steps where the system is not solved directly. @default 20 */
  readonly iterations?: number;
}

/** @throws LabError `argument` */
export const assertPositive = (method: string, argument: string, received: number): void => {
  if (!(received > 0 && Number.isFinite(received)))
    throw new LabError('argument', `${method}: ${argument} is positive`, { argument, received });
};

/**
 * Moment matching (Rozet et al. 2024): the score of N(y; A x0, deviation^2 I + A C A^T) is added to the prior's. Exact for
 * Gaussian priors; the strongest cheap second-order rule.
 */
export function momentMatched({ deviation, iterations = 20 }: MomentMatchedOptions): RestorationMethod {
  assertPositive('momentMatched', 'deviation', deviation);
  return {
    name: 'MMPS',
    prepare: (problem) => {
      const { space } = problem.denoiser;
      return {
        denoiser: problem.denoiser,
        controls: [
          {
            name: 'moment-matching',
            noise: 'recompute',
            async estimate(x0, { x, t, alpha, sigma, condition }) {
              const pull = await problem.momentMatched(x, { t, condition, deviation, iterations });
              try {
                // A guided score moves the posterior mean by sigma^2 / alpha times the guidance.
                return space.combine([
                  [1, x0],
                  [sigma ** 2 / alpha, pull],
                ]);
              } finally {
                space.dispose(pull);
              }
            },
          },
        ],
      };
    },
  };
}

export interface DiffPirOptions {
  /** Standard deviation of the measurement's noise, positive. */
  readonly deviation: number;
  /** lambda, trust in the denoiser. @default 1 */
  readonly trust?: number;
  /** Share of fresh noise, in [0, 1]. @default 0 */
  readonly fresh?: number;
}

/**
 * DiffPIR (Zhu et al. 2023): the estimate is replaced by the proximal point of the measurement, with the strength `lambda
 * deviation^2 alpha^2 / sigma^2` that falls with the noise.
 */
export function diffPir({ deviation, trust = 1, fresh = 0 }: DiffPirOptions): RestorationMethod {
  assertPositive('diffPir', 'deviation', deviation);
  assertPositive('diffPir', 'trust', trust);
  return {
    name: 'DiffPIR',
    prepare: (problem) => ({
      denoiser: problem.denoiser,
      solver: ddim({ eta: fresh }),
      controls: [
        {
          name: 'proximal',
          noise: 'recompute',
          estimate: (x0, { alpha, sigma }) =>
            problem.proximal(x0, trust * deviation ** 2 * (alpha / sigma) ** 2),
        },
      ],
    }),
  };
}

export interface ReSampleOptions {
  /** Steps from one projection to the next. @default 10 */
  readonly every?: number;
  /** Strength of the tie to the estimate in the projection. @default 1e-3 */
  readonly tie?: number;
  /** gamma, by which the variance of resampling is scaled. @default 40 */
  readonly spread?: number;
}

/**
 * ReSample (Song et al. 2024): every few steps the estimate is made consistent with the measurement and mapped back to the
 * noise level by stochastic resampling around the unconditional next state. Consistency is a proximal point here, where the
 * official code runs an optimiser.
 */
export function reSample({ every = 10, tie = 1e-3, spread = 40 }: ReSampleOptions = {}): RestorationMethod {
  assertPositive('reSample', 'every', every);
  assertPositive('reSample', 'tie', tie);
  assertPositive('reSample', 'spread', spread);
  return {
    name: 'ReSample',
    prepare: (problem) => {
      const { space } = problem.denoiser;
      return {
        denoiser: problem.denoiser,
        controls: [
          {
            name: 'resample',
            async state(xNext, { index, steps, estimate, alpha, alphaNext, sigmaNext, key }) {
              if (index % every !== 0 && index !== steps - 1) return xNext;
              const consistent = await problem.proximal(estimate.x0, tie);
              if (sigmaNext === 0) return consistent;
              const a = spread * (sigmaNext ** 2 / alpha ** 2) * Math.max(0, 1 - (alpha / alphaNext) ** 2);
              const b = sigmaNext ** 2;
              const noise = space.normal(key, space.shape(xNext));
              try {
                return space.combine([
                  [(a / (a + b)) * alphaNext, consistent],
                  [b / (a + b), xNext],
                  [Math.sqrt((a * b) / (a + b)), noise],
                ]);
              } finally {
                space.dispose(consistent);
                space.dispose(noise);
              }
            },
          },
        ],
      };
    },
  };
}
