import { LabError } from '@lab/tensor-core/errors';

/** How dense the checkpoints are. */
export interface CheckpointsOptions {
  /** Rounds in each tenfold of time. @default 10 */
  readonly perDecade?: number;
}

/**
 * Rounds spread evenly over log time, 1, 10, 100, ... among them, the horizon the last.
 *
 * @example
 * logCheckpoints(100, { perDecade: 2 }); // [1, 3, 10, 32, 100]
 */
export function logCheckpoints(horizon: number, { perDecade = 10 }: CheckpointsOptions = {}): number[] {
  const rounds = new Set<number>();
  for (let k = 0; 10 ** (k / perDecade) < horizon; k++) rounds.add(Math.round(10 ** (k / perDecade)));
  return [...rounds, horizon].filter((each, i, all) => each <= horizon && all.indexOf(each) === i);
}

/** @throws LabError unless they are whole numbers that rise from 1 to the horizon */
export function checkCheckpoints(checkpoints: readonly number[], horizon: number): void {
  const isValid =
    checkpoints.length > 0 &&
    checkpoints.every((each, k) => Number.isInteger(each) && each > (k === 0 ? 0 : checkpoints[k - 1]!)) &&
    checkpoints[checkpoints.length - 1] === horizon;
  if (!isValid)
    throw new LabError('argument', 'simulate: checkpoints are rounds that rise and end at the horizon', {
      argument: 'checkpoints',
      expected: `whole numbers from 1 to ${horizon}`,
      received: checkpoints,
    });
}
