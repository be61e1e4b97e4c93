import { LabError } from '@lab/tensor-core/errors';

/**
 * What playing an arm reveals: the noise of the reading of arm `revealed` when arm `played` is played.
 *
 * Rows are arms played, columns are arms revealed. `Infinity` is no reading at all, 0 an exact one.
 */
export interface SideInformation {
  /** Number of arms, K. */
  readonly arms: number;
  /** [played, revealed], row-major: standard deviations, in the units of the rewards. */
  readonly sigma: Float64Array;
  /** [played, revealed], 1 / sigma^2, 0 where nothing is revealed, `exactPrecision` where the reading is exact. */
  readonly precision: Float64Array;
  /** For each arm played, the arms of which it yields a reading. */
  readonly revealed: readonly Int32Array[];
}

/**
 * Stands for infinite precision: a number that JSON keeps and to which nothing can be added, with 1 / it all but 0.
 */
export const exactPrecision = Number.MAX_VALUE;

/**
 * Side information from a matrix of standard deviations.
 *
 * @param sigma K rows (arm played) of K columns (arm revealed); `Infinity` is no reading, 0 an exact one
 * @throws LabError `shape` when it is not square, `argument` for a negative entry or NaN
 * @example
 * const information = sideInformation([[1, Infinity], [2, 1]]); // arm 1 also tells of arm 0, with more noise
 */
export function sideInformation(sigma: readonly ArrayLike<number>[]): SideInformation {
  const arms = sigma.length;
  if (arms === 0)
    throw new LabError('shape', 'sideInformation: there is no arm', {
      argument: 'sigma',
      received: '0 rows',
    });
  const entries = new Float64Array(arms * arms);
  sigma.forEach((row, played) => {
    if (row.length !== arms)
      throw new LabError('shape', 'sideInformation: sigma is square, a row and a column for each arm', {
        argument: 'sigma',
        expected: `${arms} entries in row ${played}`,
        received: row.length,
      });
    for (let i = 0; i < arms; i++) {
      const entry = row[i]!;
      if (!(entry >= 0))
        throw new LabError('argument', 'sideInformation: a standard deviation is 0 or more, or Infinity', {
          argument: `sigma[${played}][${i}]`,
          received: String(entry),
          hint: 'write Infinity where playing the row tells nothing of the column',
        });
      entries[played * arms + i] = entry;
    }
  });
  const precision = entries.map((each) => Math.min(1 / (each * each), exactPrecision));
  const revealed = Array.from({ length: arms }, (_, played) =>
    Int32Array.from(
      Array.from({ length: arms }, (__, i) => i).filter((i) => precision[played * arms + i]! > 0),
    ),
  );
  return { arms, sigma: entries, precision, revealed };
}

/** The precision of the best reading of each arm, whichever arm is played for it; 0 for an unobservable arm. */
export function bestPrecision({ arms, precision }: SideInformation): Float64Array {
  return Float64Array.from({ length: arms }, (_, i) => {
    let best = 0;
    for (let j = 0; j < arms; j++) best = Math.max(best, precision[j * arms + i]!);
    return best;
  });
}

/** Arms of which no arm yields a reading: their means can never be learned. */
export function unobservableArms(information: SideInformation): number[] {
  const best = bestPrecision(information);
  return Array.from(best.keys()).filter((i) => best[i] === 0);
}

/** Whether every arm reveals its own reward. */
export function isSelfObserving({ arms, precision }: SideInformation): boolean {
  return Array.from({ length: arms }, (_, i) => precision[i * arms + i]!).every((each) => each > 0);
}

/** Whether every arm reveals every arm. */
export function isFullFeedback({ precision }: SideInformation): boolean {
  return precision.every((each) => each > 0);
}

/** @throws LabError `infeasible` naming the arms that nothing reveals */
export function refuseUnobservable(information: SideInformation, where: string): void {
  const hidden = unobservableArms(information);
  if (hidden.length > 0)
    throw new LabError('infeasible', `${where}: no arm reveals ${hidden.map((i) => `arm ${i}`).join(', ')}`, {
      argument: 'information',
      expected: 'for each arm at least one finite sigma in its column',
      received: `only Infinity in column ${hidden.join(', ')}`,
      hint: 'when these arms are never worth playing, leave them out with withoutUnobservable(information)',
    });
}
