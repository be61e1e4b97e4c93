import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '../types';
import { assertSteps } from './validate';

export interface LogSnrTimesOptions {
  /** First time; alpha must be positive there. @default 1 */
  readonly first?: number;
  /** Last time before 0, in (0, first). @default 0.001 */
  readonly last?: number;
}

/**
 * A sampling grid of `steps + 1` times, evenly spaced in log signal-to-noise ratio from `first` to `last` and then 0:
 * the grid for which multistep solvers keep their order (Lu et al. 2022, section 4.1).
 *
 * @example
 * await sample(denoiser, { schedule, solver: dpmpp2m(), times: logSnrTimes(schedule, 20), shape, key: key(0) });
 */
export function logSnrTimes(
  schedule: Schedule,
  steps: number,
  { first = 1, last = 1e-3 }: LogSnrTimesOptions = {},
): number[] {
  assertSteps(steps);
  const [low, high] = [schedule.logSnr(first), schedule.logSnr(last)];
  if (!(last > 0 && last < first && Number.isFinite(low)))
    throw new LabError('argument', 'logSnrTimes needs 0 < last < first, and some signal at the first time', {
      received: { first, last, logSnr: [low, high] },
      hint: 'start at first: 0.999 when alpha(1) is 0',
    });
  if (steps === 1) return [first, 0];
  const inner = Array.from({ length: steps - 2 }, (_, i) =>
    timeOf(schedule, low + ((high - low) * (i + 1)) / (steps - 1), { first, last }),
  );
  return [first, ...inner, last, 0];
}

/** The time of a log signal-to-noise ratio, by bisection: it falls in t. */
export function timeOf(
  schedule: Schedule,
  logSnr: number,
  { first, last }: { first: number; last: number },
): number {
  let [clean, noisy] = [last, first];
  for (let i = 0; i < 60; i++) {
    const middle = (clean + noisy) / 2;
    if (schedule.logSnr(middle) > logSnr) clean = middle;
    else noisy = middle;
  }
  return (clean + noisy) / 2;
}
