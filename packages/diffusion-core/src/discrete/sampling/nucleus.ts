import { assertWithin } from '../validate';

/**
 * Which tokens nucleus sampling keeps, in falling order of probability.
 *
 * - `standard`: up to and including the one whose cumulative probability reaches p (Holtzman et al. 2020)
 * - `strict`: those whose cumulative probability is at most p, and always the first; what the official release of ADLM
 *   does, and MDLM's before it
 */
export type NucleusRule = 'standard' | 'strict';

export interface NucleusOptions {
  /** Cumulative probability, in (0, 1]. */
  readonly p: number;
  /** @default 'standard' */
  readonly rule?: NucleusRule;
}

/**
 * The likeliest tokens of a distribution alone, renormalised; a new array. Entries are read relative to their sum.
 *
 * @example
 * nucleus(Float64Array.of(0.5, 0.3, 0.15, 0.05), { p: 0.9, rule: 'strict' }); // 0.625, 0.375, 0, 0
 */
export function nucleus(probabilities: Float64Array, { p, rule = 'standard' }: NucleusOptions): Float64Array {
  assertWithin('p', p, [Number.MIN_VALUE, 1]);
  const whole = probabilities.reduce((sum, each) => sum + each, 0);
  if (p === 1) return probabilities.map((each) => each / whole);
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]!);
  const kept = new Float64Array(probabilities.length);
  let before = 0;
  for (const [rank, id] of order.entries()) {
    const each = probabilities[id]!;
    const reached = before + each;
    // A sum such as .5 + .3 + .1 may exceed .9 by rounding alone.
    const isKept = rule === 'strict' ? reached <= p * whole * (1 + 1e-12) : before < p * whole;
    if (rank > 0 && !isKept) break;
    kept[id] = each;
    before = reached;
  }
  return kept.map((each) => each / before);
}
