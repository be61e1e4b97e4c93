import { LabError } from '@lab/tensor-core/errors';
import type { FlowInterval } from './solvers';

/** The steps between the times of a grid. */
export function intervalsOf(times: readonly number[]): FlowInterval[] {
  return times.slice(1).map((to, i) => ({ from: times[i]!, to, length: to - times[i]! }));
}

/** Distance to the end below which the straight line to the target is no longer resolved. */
const closest = 1e-6;

/** Refuses a grid that does not rise or fall strictly within [0, 1], naming the first time at fault. */
export function assertMonotone(times: readonly number[]): void {
  const fault = (sentence: string, received: unknown): LabError =>
    new LabError('argument', sentence, { argument: 'times', received });
  if (times.length < 2) throw fault('a grid has at least two times', times);
  const rising = times[1]! > times[0]!;
  times.forEach((t, i) => {
    if (!(t >= 0 && t <= 1))
      throw new LabError('argument', `a noise level lies in [0, 1]; times[${i}] does not`, {
        argument: 'times',
        received: t,
        hint:
          t > 1 ? 'divide timesteps that run to 1000 by 1000' : 'levels run from 1, noise, to 0, the image',
      });
    if (i > 0 && !(rising ? t > times[i - 1]! : t < times[i - 1]!))
      throw fault(`a grid is strictly monotone; times[${i}] breaks it`, [times[i - 1], t]);
  });
  const [last, before] = [times[times.length - 1]!, times[times.length - 2]!];
  if ((last === 0 || last === 1) && Math.abs(last - before) < closest)
    throw fault(`the last step of a grid is at least ${closest} long`, [before, last]);
}

/** Refuses a generation grid that does not fall from `first` to exactly 0. */
export function assertGeneration(times: readonly number[]): void {
  assertMonotone(times);
  const last = times[times.length - 1]!;
  if (times[1]! > times[0]!)
    throw new LabError('argument', 'a generation grid falls, from noise to the image', {
      argument: 'times',
      received: [times[0], times[1]],
      hint: 'give the grid in the order of generation for inversion too; it is turned round',
    });
  if (last !== 0)
    throw new LabError('argument', 'a generation grid ends at exactly 0, the image', {
      argument: 'times',
      expected: 0,
      received: last,
      hint: 'append 0 as the last time',
    });
}
