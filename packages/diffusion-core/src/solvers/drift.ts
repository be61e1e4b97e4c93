import { LabError } from '@lab/tensor-core/errors';
import type { Estimate, Schedule, Space } from '../types';
import type { Level } from '../estimates/convert';

/**
 * The coordinate in which the probability-flow ODE is smooth up to both ends, and its slope there.
 *
 * - `vp`: the angle phi = atan2(sigma, alpha), in which `dx/dphi = alpha noise - sigma x0` (the v-prediction)
 * - `flow`: time itself, in which `dx/dt = noise - x0` (the velocity)
 */
export function odeCoordinate(schedule: Schedule, { alpha, sigma }: Level): number {
  return schedule.kind === 'vp' ? Math.atan2(sigma, alpha) : sigma;
}

/** Weights of (x0, noise) in the slope of the probability-flow ODE at a level. */
export function odeSlope(schedule: Schedule, { alpha, sigma }: Level): { x0: number; noise: number } {
  return schedule.kind === 'vp' ? { x0: -sigma, noise: alpha } : { x0: -1, noise: 1 };
}

/** Euler's step along the ODE from the state that the estimate describes; at the clean end, its x0. */
export function eulerStep<X>(
  space: Space<X>,
  { estimate, from, to, schedule }: { estimate: Estimate<X>; from: Level; to: Level; schedule: Schedule },
): X {
  if (to.sigma === 0) return space.combine([[to.alpha, estimate.x0]]);
  const length = odeCoordinate(schedule, to) - odeCoordinate(schedule, from);
  const slope = odeSlope(schedule, from);
  return space.combine([
    [from.alpha + length * slope.x0, estimate.x0],
    [from.sigma + length * slope.noise, estimate.noise],
  ]);
}

/** Refuses a schedule that is not a rectified flow. */
export function assertFlow(solver: string, schedule: Schedule): void {
  if (schedule.kind !== 'flow')
    throw new LabError('unsupported', `${solver} integrates rectified flows alone`, {
      argument: 'schedule',
      expected: 'rectifiedFlowSchedule()',
      received: schedule.name,
      hint: 'for a variance-preserving schedule take euler(), heun(), dpmpp2m() or ddim({ eta })',
    });
}
