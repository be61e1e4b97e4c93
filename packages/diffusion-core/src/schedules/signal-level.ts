import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '../types';
import { assertSteps, assertTime } from './validate';

/**
 * A discrete variance-preserving schedule from its cumulative signal levels `abar_0 = 1 > abar_1 > ... > abar_N >= 0`,
 * as a DDPM is trained with. `t = i / N` gives `alpha^2 = abar_i` exactly. Between grid points the log signal-to-noise
 * ratio is interpolated linearly (on the first interval, where it is infinite at 0, sigma is).
 *
 * `times(steps)` takes `steps + 1` of the grid's N + 1 points, evenly spaced up to rounding, from 1 to exactly 0.
 *
 * @throws LabError `argument` when the levels do not start at 1 or do not fall
 * @example
 * signalLevelSchedule(signalLevels(quadraticBetas())).times(50); // the 50 steps of CSDI
 */
export function signalLevelSchedule(levels: ArrayLike<number>): Schedule {
  const abar = Float64Array.from(levels);
  const last = abar.length - 1;
  if (last < 1 || abar[0] !== 1)
    throw new LabError('argument', 'signal levels start at exactly 1 and have at least one step', {
      argument: 'levels',
      received: Array.from(abar.subarray(0, 4)),
      hint: 'prepend 1: signalLevels(betas) does',
    });
  abar.forEach((level, i) => {
    if (i > 0 && !(level < abar[i - 1]! && level >= 0))
      throw new LabError(
        'argument',
        `signal levels fall strictly and stay at or above 0; levels[${i}] does not`,
        {
          argument: 'levels',
          received: [abar[i - 1], level],
        },
      );
  });

  const logSnrAt = (i: number): number => Math.log(abar[i]!) - Math.log1p(-abar[i]!);
  const signal = (t: number): number => {
    assertTime(t);
    const position = t * last;
    const nearest = Math.round(position);
    if (Math.abs(position - nearest) < 1e-9) return abar[nearest]!;
    const below = Math.floor(position);
    const share = position - below;
    if (below === 0) return 1 - (1 - abar[1]!) * share * share;
    const from = logSnrAt(below);
    const to = logSnrAt(below + 1);
    if (to === -Infinity) return abar[below]! * (1 - share);
    return 1 / (1 + Math.exp(-(from + share * (to - from))));
  };
  return {
    name: 'signal-level',
    kind: 'vp',
    alpha: (t) => Math.sqrt(signal(t)),
    sigma: (t) => Math.sqrt(1 - signal(t)),
    logSnr: (t) => Math.log(signal(t)) - Math.log1p(-signal(t)),
    times(steps) {
      assertSteps(steps);
      if (steps > last)
        throw new LabError('argument', 'a discrete schedule has no more sampling steps than training steps', {
          argument: 'steps',
          expected: `at most ${last}`,
          received: steps,
        });
      return Array.from({ length: steps + 1 }, (_, i) => Math.round(((steps - i) * last) / steps) / last);
    },
  };
}
