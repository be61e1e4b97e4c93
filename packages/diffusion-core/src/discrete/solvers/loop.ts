import { LabError } from '@lab/tensor-core/errors';
import { reverseKernel } from './kernel';
import type { TokenSolver } from './types';

export interface LoopOptions {
  /** Chance of a token to be remasked in a step of the loop, up to `(1 - level) / level`. @default 0.02 */
  readonly eta?: number;
  /** Time at which the loop begins, above `off` and below 1. @default 0.55 */
  readonly on?: number;
  /** Time at which the loop ends, above 0. @default 0.05 */
  readonly off?: number;
  /** The share of unmasked places that the loop holds, in (0, 1). @default 0.9 */
  readonly level?: number;
  /**
   * Keeps the step before the loop from going beyond `level`, which it does where `on` lies within a step. The official
   * release does not. @default true
   */
  readonly clamp?: boolean;
}

/**
 * Fills to `level`, then remasks and fills in turn at that level, then fills the rest: the remasking of ADLM's results
 * (ReMDM-loop). The levels are functions of time of their own.
 */
export function remaskingLoop({
  eta = 0.02,
  on = 0.55,
  off = 0.05,
  level = 0.9,
  clamp = true,
}: LoopOptions = {}): TokenSolver & { readonly alpha: (t: number) => number } {
  if (!(off > 0 && on > off && on < 1 && level > 0 && level < 1))
    throw new LabError('argument', 'remaskingLoop needs 0 < off < on < 1 and a level within (0, 1)', {
      received: { on, off, level },
    });
  if (!(eta >= 0 && eta <= (1 - level) / level))
    throw new LabError('argument', 'remaskingLoop: this much remasking cannot hold the level', {
      argument: 'eta',
      expected: `0 to ${(1 - level) / level}`,
      received: eta,
    });
  const filling = (t: number): number => ((1 - t) * level) / (1 - on);
  const finishing = (t: number): number => 1 - (t * (1 - level)) / off;
  // Phases are told apart by counting steps: times such as 11/20 and 0.55 need not be the same float.
  const slack = 1e-9;
  const isBefore = (t: number): boolean => t > on + slack;
  const isAfter = (t: number): boolean => t <= off + slack;
  return {
    name: 'remasking loop',
    fewestSteps: Math.ceil(1 / off - slack),
    alpha: (t) => (isBefore(t) ? filling(t) : isAfter(t) ? finishing(t) : level),
    levels({ t, tNext }) {
      if (isBefore(t)) {
        const next = filling(tNext);
        return { alpha: filling(t), alphaNext: Math.min(next, clamp ? level : 1) };
      }
      if (isAfter(t)) return { alpha: finishing(t), alphaNext: finishing(tNext) };
      return { alpha: level, alphaNext: level };
    },
    rates({ t, alpha, alphaNext }) {
      return reverseKernel(alpha, alphaNext, isBefore(t) || isAfter(t) ? 0 : eta);
    },
  };
}
