import { LabError } from '@lab/tensor-core/errors';
import { sideInformation, type SideInformation } from './side-information';

/** One round that was played: the arm, and its reading of each arm (NaN or null where there was none). */
export interface LoggedRound {
  readonly arm: number;
  readonly observations: ArrayLike<number | null>;
}

/** Noise levels from logs, and how much they rest on. */
export interface EstimatedSigma {
  readonly information: SideInformation;
  /** [played, revealed], how many readings each standard deviation rests on. */
  readonly readings: Int32Array;
  /** Pairs with fewer than 30 readings, whose standard deviation is off by more than about 13 %. */
  readonly few: readonly { readonly played: number; readonly revealed: number; readonly readings: number }[];
}

const enough = 30;

/**
 * The noise levels from logs: for each pair of arm played and arm revealed the standard deviation of its readings (with
 * n - 1). Pairs with fewer than two readings count as no reading.
 *
 * @param rounds what was played and read, in any order
 * @param arms number of arms
 * @throws LabError `argument` when a round's arm does not exist, `shape` when its readings are not one for each arm
 */
export function estimateSigma(rounds: Iterable<LoggedRound>, { arms }: { arms: number }): EstimatedSigma {
  const readings = new Int32Array(arms * arms);
  const means = new Float64Array(arms * arms);
  const squares = new Float64Array(arms * arms);
  for (const { arm, observations } of rounds) {
    if (!Number.isInteger(arm) || arm < 0 || arm >= arms)
      throw new LabError('argument', 'estimateSigma: an arm is a whole number from 0', {
        argument: 'arm',
        expected: `below ${arms}`,
        received: arm,
      });
    if (observations.length !== arms)
      throw new LabError('shape', 'estimateSigma: there is one reading, or NaN, for each arm', {
        argument: 'observations',
        expected: arms,
        received: observations.length,
      });
    for (let i = 0; i < arms; i++) {
      const value = observations[i];
      if (value === null || value === undefined || Number.isNaN(value)) continue;
      // Welford's running variance: no cancellation when the mean is far from 0.
      const at = arm * arms + i;
      const change = value - means[at]!;
      means[at]! += change / ++readings[at]!;
      squares[at]! += change * (value - means[at]!);
    }
  }
  const row = (j: number): number[] =>
    Array.from({ length: arms }, (_, i) => {
      const n = readings[j * arms + i]!;
      return n < 2 ? Infinity : Math.sqrt(squares[j * arms + i]! / (n - 1));
    });
  const few = Array.from(readings, (n, at) => ({
    played: Math.floor(at / arms),
    revealed: at % arms,
    readings: n,
  })).filter(({ readings: n }) => n > 0 && n < enough);
  return { information: sideInformation(Array.from({ length: arms }, (_, j) => row(j))), readings, few };
}
