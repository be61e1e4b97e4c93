import { LabError } from '@lab/tensor-core/errors';
import { assertSteps, evenTimes } from '../../schedules/validate';
import { lockedIn, type Levels, type MaskingStep, type TokenSolver } from '../solvers';
import type { MaskingSchedule } from '../types';

/**
 * The grid of the official releases: `steps + 1` even times from 1 to 1e-5. The last step leaves a mask with a small
 * chance, and such masks take the likeliest token.
 */
export function officialTimes(steps: number): number[] {
  assertSteps(steps);
  return evenTimes(steps).map((t) => 1e-5 + (1 - 1e-5) * t);
}

/** The times of a run, checked. */
export function samplingTimes(
  { steps, times }: { readonly steps?: number | undefined; readonly times?: readonly number[] | undefined },
  solver: TokenSolver,
  maskedPlaces: number,
): readonly number[] {
  const fixed = solver.stepsFor?.(Math.max(1, maskedPlaces));
  if (fixed !== undefined && ((steps !== undefined && steps !== fixed) || times !== undefined))
    throw new LabError(
      'argument',
      `the solver '${solver.name}' makes as many steps as there are masked places`,
      {
        argument: 'steps',
        expected: fixed,
        received: steps ?? 'times',
        hint: 'leave steps and times out',
      },
    );
  const grid = times ?? evenTimes(fixed ?? steps ?? Math.max(1, maskedPlaces));
  const fault = grid.findIndex((t, i) => !(t >= 0 && t <= 1 && (i === 0 || t < grid[i - 1]!)));
  if (grid.length < 2 || fault >= 0)
    throw new LabError('argument', 'a grid has at least two times, which fall strictly within [0, 1]', {
      argument: 'times',
      received: fault < 0 ? grid : `times[${fault}] = ${grid[fault]}`,
    });
  const fewest = solver.fewestSteps ?? 1;
  if (grid.length - 1 < fewest)
    throw new LabError('argument', `the solver '${solver.name}' needs more steps`, {
      argument: 'steps',
      expected: `at least ${fewest}`,
      received: grid.length - 1,
    });
  return grid;
}

/** The levels of a step: the solver's own, or those of the schedule. */
export function stepLevels(
  step: Pick<MaskingStep, 'index' | 'steps' | 't' | 'tNext'>,
  {
    solver = lockedIn(),
    schedule,
  }: { readonly solver?: TokenSolver | undefined; readonly schedule?: MaskingSchedule | undefined },
): Levels {
  const alpha = (t: number): number => schedule?.alpha(t) ?? 1 - t;
  return solver.levels?.(step) ?? { alpha: alpha(step.t), alphaNext: alpha(step.tNext) };
}
