import { LabError } from '@lab/tensor-core/errors';

/** What the policy is asked to attain. */
export interface FiniteTimeOptions {
  /** Rounds, T. */
  readonly horizon: number;
  /** What the regret stays below on this instance and on those that differ from it in one arm, B. */
  readonly regret: number;
}

const points = 20_000;

/**
 * Information that a policy must have gathered on an arm after T rounds if its regret is to stay below B, for any T
 * (Bretagnolle-Huber):
 *
 *     max over e > gap of (2 / e^2) ln(T min(gap, e - gap) / (8 B)),   on a grid of e in [1.001, 5] gap.
 *
 * @param gap of the arm, above 0
 * @returns the least expected W_i(T), 0 where the bound says nothing
 * @example
 * finiteTimeInformation(0.2, { horizon: 1e6, regret: 50 }); // 163.49
 */
export function finiteTimeInformation(gap: number, { horizon, regret }: FiniteTimeOptions): number {
  for (const [argument, value] of Object.entries({ gap, horizon, regret }))
    if (!(value > 0 && value < Infinity))
      throw new LabError('argument', 'finiteTimeInformation: numbers above 0', {
        argument,
        received: String(value),
      });
  let best = 0;
  for (let k = 0; k < points; k++) {
    const e = gap * (1.001 + ((5 - 1.001) * k) / (points - 1));
    const bound = (2 / (e * e)) * Math.log((horizon * Math.min(gap, e - gap)) / (8 * regret));
    if (bound > best) best = bound;
  }
  return best;
}
