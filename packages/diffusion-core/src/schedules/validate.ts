import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '../types';

/** Refuses a time outside [0, 1]. */
export function assertTime(t: number): void {
  if (!(t >= 0 && t <= 1))
    throw new LabError('argument', 'a diffusion time lies in [0, 1]', { argument: 't', received: t });
}

/** `steps + 1` evenly spaced times from 1 down to exactly 0. */
export function evenTimes(steps: number): number[] {
  assertSteps(steps);
  return Array.from({ length: steps + 1 }, (_, i) => (steps - i) / steps);
}

export function assertSteps(steps: number): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new LabError('argument', 'steps must be a positive integer', {
      argument: 'steps',
      received: steps,
    });
}

/**
 * Checks a sampling grid: at least two times, strictly decreasing within [0, 1], ending at exactly 0, where the
 * schedule must be clean (alpha = 1, sigma = 0).
 *
 * @throws LabError `argument` naming the first time at fault
 */
export function assertTimes(times: readonly number[], schedule: Schedule): void {
  if (times.length < 2)
    throw new LabError('argument', 'a sampling grid has at least two times', {
      argument: 'times',
      received: times,
    });
  times.forEach((t, i) => {
    assertTime(t);
    const before = times[i - 1];
    if (before !== undefined && !(t < before))
      throw new LabError('argument', `a sampling grid strictly decreases; times[${i}] does not`, {
        argument: 'times',
        received: [before, t],
      });
  });
  const last = times[times.length - 1]!;
  if (last !== 0)
    throw new LabError('argument', 'a sampling grid ends at exactly 0, the clean sample', {
      argument: 'times',
      expected: 0,
      received: last,
      hint: 'append 0 as the last time',
    });
  if (schedule.alpha(0) !== 1 || schedule.sigma(0) !== 0)
    throw new LabError('argument', 'a schedule must be clean at t = 0', {
      argument: 'schedule',
      expected: { alpha: 1, sigma: 0 },
      received: { alpha: schedule.alpha(0), sigma: schedule.sigma(0) },
    });
}
