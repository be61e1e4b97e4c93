import { LabError } from '@lab/tensor-core/errors';

/** What a penalty schedule sees of one step. */
export interface GammaStep {
  /** 0 for the noisiest step. */
  readonly index: number;
  readonly steps: number;
  /** Levels that the step leads to. */
  readonly alphaNext: number;
  readonly sigmaNext: number;
}

/**
 * ln of the penalty coefficient gamma of a step: -Infinity for no projection, Infinity for the exact one. The logarithm,
 * because gamma itself overflows: 1 / (1 - abar) reaches 10,000.
 */
export type GammaFunction = (step: GammaStep) => number;

/**
 * - `exp`: the paper's, gamma = exp(1 / (1 - abar_next)): e at full noise, Infinity at the last step
 * - `hard`: the exact projection in every step
 * - `posthoc`: none but in the last step, which is projecting finished samples
 * - `linear`: gamma = 2 (index + 1), the one that the theory section analyses
 * - `power`: gamma = abar_next / (1 - abar_next), the signal-to-noise ratio
 */
export type GammaName = 'exp' | 'hard' | 'posthoc' | 'linear' | 'power';

/** gamma = 2 k (index + 1); Infinity in the last step. */
export function linearGamma({ k = 1 }: { readonly k?: number } = {}): GammaFunction {
  return ({ index }) => Math.log(2 * k * (index + 1));
}

/** gamma = k (signal-to-noise ratio of the next level)^exponent; Infinity in the last step. */
export function powerGamma({
  k = 1,
  exponent = 1,
}: { readonly k?: number; readonly exponent?: number } = {}): GammaFunction {
  return ({ alphaNext, sigmaNext }) => Math.log(k) + exponent * 2 * Math.log(alphaNext / sigmaNext);
}

const schedules: Readonly<Record<GammaName, GammaFunction>> = {
  // 1 - abar for any schedule: the noise's share of the total variance.
  exp: ({ alphaNext, sigmaNext }) => (alphaNext ** 2 + sigmaNext ** 2) / sigmaNext ** 2,
  hard: () => Infinity,
  posthoc: () => -Infinity,
  linear: linearGamma(),
  power: powerGamma(),
};

/** ln gamma of one step. Where the step leads to clean samples it is Infinity, whatever the schedule says. */
export function logGamma(gamma: GammaName | GammaFunction, step: GammaStep): number {
  const schedule = typeof gamma === 'function' ? gamma : (schedules[gamma] as GammaFunction | undefined);
  if (schedule === undefined)
    throw new LabError('argument', 'there is no such penalty schedule', {
      argument: 'gamma',
      received: gamma,
      expected: [...Object.keys(schedules), 'a function of the step'],
    });
  if (step.sigmaNext === 0) return Infinity;
  const value = schedule(step);
  if (Number.isNaN(value))
    throw new LabError('argument', 'a penalty schedule returned NaN', {
      argument: 'gamma',
      received: step,
      expected: 'ln gamma, from -Infinity to Infinity',
    });
  return value;
}
