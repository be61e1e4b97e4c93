import { LabError } from '@lab/tensor-core/errors';
import { bestPrecision, exactPrecision, type SideInformation } from '../information/side-information';
import type { BanditState, Observations } from './types';

/** A normal law that an arm's mean is drawn from before anything is seen. */
export interface Prior {
  readonly mean: number;
  /** Above 0. */
  readonly variance: number;
}

/** What is known before anything is seen: nothing, or the prior. */
export function initialState(arms: number, prior?: Prior): BanditState {
  const filled = (value: number): number[] => new Array<number>(arms).fill(value);
  return {
    rounds: 0,
    plays: filled(0),
    information: filled(prior === undefined ? 0 : 1 / prior.variance),
    means: filled(prior?.mean ?? 0),
  };
}

/**
 * Takes in a round's readings, weighted by their precision: a plain average of readings of unequal noise is inefficient.
 * Writes into the state.
 */
export function absorb(
  state: BanditState,
  arm: number,
  observations: Observations,
  { arms, precision, revealed }: SideInformation,
): void {
  state.rounds++;
  state.plays[arm]!++;
  const seen = revealed[arm]!;
  for (let k = 0; k < seen.length; k++) {
    const i = seen[k]!;
    const reading = observations[i];
    // NaN is not equal to itself; the quickest test for all three ways of saying that there is none.
    if (reading === null || reading === undefined || reading !== reading) continue;
    absorbReading(state, i, reading, precision[arm * arms + i]!);
  }
}

/** As `absorb`, of the played arm's own reading alone: a policy that knows of no side observations. */
export function absorbOwn(
  state: BanditState,
  arm: number,
  observations: Observations,
  { arms, precision }: SideInformation,
): void {
  state.rounds++;
  state.plays[arm]!++;
  const reading = observations[arm];
  if (reading === null || reading === undefined || reading !== reading) return;
  absorbReading(state, arm, reading, precision[arm * arms + arm]!);
}

function absorbReading(state: BanditState, i: number, reading: number, precision: number): void {
  const before = state.information[i]!;
  if (before === exactPrecision) return;
  if (precision === exactPrecision) {
    state.information[i] = exactPrecision;
    state.means[i] = reading;
    return;
  }
  const information = before + precision;
  state.information[i] = information;
  // A running mean keeps a mean that is read without noise as it is; a quotient of sums would round it.
  state.means[i]! += (precision / information) * (reading - state.means[i]!);
}

/** How much information on each arm ends the cover phase: any, or the exact value where some arm reveals it. */
export function coverDemand(information: SideInformation): Float64Array {
  return bestPrecision(information).map((best) =>
    best === exactPrecision ? exactPrecision : Number.MIN_VALUE,
  );
}

/** The arm that reveals most of what was not seen yet, ties to the lowest index; -1 when all was seen. */
export function coverArm(
  { information }: BanditState,
  demand: Float64Array,
  { arms, precision, revealed }: SideInformation,
): number {
  let isOpen = false;
  for (let i = 0; i < arms; i++) if (information[i]! < demand[i]!) isOpen = true;
  if (!isOpen) return -1;
  let best = -1;
  let most = 0;
  for (let j = 0; j < arms; j++) {
    let news = 0;
    for (const i of revealed[j]!)
      if (information[i]! < demand[i]! && precision[j * arms + i]! >= demand[i]!) news++;
    if (news > most) [best, most] = [j, news];
  }
  return best;
}

/** The arm of the greatest estimate, ties to the better known one, then to the lowest index. */
export function leaderOf({ means, information }: BanditState): number {
  let best = 0;
  for (let i = 1; i < means.length; i++)
    if (means[i]! > means[best]! || (means[i] === means[best] && information[i]! > information[best]!))
      best = i;
  return best;
}

/** The arm of the greatest index, ties to the lowest. */
export function argmax(count: number, index: (arm: number) => number): number {
  let best = 0;
  let greatest = index(0);
  for (let i = 1; i < count; i++) {
    const value = index(i);
    if (value > greatest) [best, greatest] = [i, value];
  }
  return best;
}

/** Which arm yields the best reading of each arm, ties to the lowest index. */
export function bestInformant({ arms, precision }: SideInformation): Int32Array {
  return Int32Array.from({ length: arms }, (_, i) => argmax(arms, (j) => precision[j * arms + i]!));
}

/**
 * Checks a round.
 *
 * @returns an arm that was read although the side information says that it cannot be, -1 when there is none
 * @throws LabError naming what is wrong with an arm or its readings
 */
export function checkRound(information: SideInformation, arm: number, observations: Observations): number {
  const { arms, precision } = information;
  if (!Number.isInteger(arm) || arm < 0 || arm >= arms)
    throw new LabError('argument', 'update: an arm is a whole number from 0', {
      argument: 'arm',
      expected: `below ${arms}`,
      received: arm,
    });
  if (observations.length !== arms)
    throw new LabError('shape', 'update: there is one place in the observations for each arm', {
      argument: 'observations',
      expected: arms,
      received: observations.length,
      hint: 'write NaN or null where there was no reading',
    });
  let unexpected = -1;
  for (let i = 0; i < arms; i++) {
    const reading = observations[i];
    if (reading === null || reading === undefined || Number.isNaN(reading)) continue;
    if (!Number.isFinite(reading))
      throw new LabError('argument', 'update: a reading is a finite number', {
        argument: `observations[${i}]`,
        received: String(reading),
      });
    if (precision[arm * arms + i] === 0) unexpected = i;
  }
  return unexpected;
}
