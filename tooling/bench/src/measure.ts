import { setTimeout as pause } from 'node:timers/promises';
import { startChild, type Child } from './child';
import { watchOthers } from './others';
import type { Reply, Timed } from './protocol';
import { commandOf, type Side } from './sides';
import { largestDifference, median } from './statistics';

export interface MeasureOptions {
  readonly rounds: number;
  /** What a side may take in its turn, about. */
  readonly seconds: number;
  /** File of weights and batches. */
  readonly inputs: string;
  readonly tell: (line: string) => void;
}

/** One side of one workload. */
export interface Measured {
  readonly side: Side;
  readonly weights: number;
  /** What all sides must agree on; see `differs`. */
  readonly values: readonly number[];
  /** Milliseconds of the median step, round by round. */
  readonly wall: readonly number[];
  /** Milliseconds of processor time a step, round by round. */
  readonly cpu: readonly number[];
  readonly peakBytes: number;
  /** Cores that other processes kept at work, round by round. */
  readonly others: readonly number[];
}

/** A side that could not take part, and why. */
export interface LeftOut {
  readonly side: Side;
  readonly error: string;
}

interface Running extends Pick<Measured, 'side' | 'weights' | 'values'> {
  readonly child: Child;
  readonly steps: number;
  readonly turns: (Timed & { readonly others: number })[];
}

/** Runs one workload on all sides in turns: one side after the other, and again, so that each meets the same machine. */
export async function measure(
  workload: string,
  sides: readonly Side[],
  { rounds, seconds, inputs, tell }: MeasureOptions,
): Promise<(Measured | LeftOut)[]> {
  const taking: (Running | LeftOut)[] = [];
  try {
    for (const side of sides) {
      tell(`${workload}: ${side.title} starts`);
      taking.push(await prepared(side, workload, { seconds, inputs }));
    }
    for (let round = 0; round < rounds; round++) {
      tell(`${workload}: round ${round + 1} of ${rounds}`);
      for (const [place, each] of taking.entries()) {
        if ('error' in each) continue;
        await settle();
        const others = watchOthers();
        const turn = timed(await each.child.ask({ do: 'run', steps: each.steps }));
        if ('error' in turn) taking[place] = await leftOut(each, turn.error);
        else each.turns.push({ ...turn, others: others(turn.cpu) });
      }
    }
    return taking.map((each) => ('error' in each ? each : result(each)));
  } finally {
    await Promise.all(taking.flatMap((each) => ('child' in each ? [each.child.stop()] : [])));
  }
}

/** Starts a side, takes its values, warms it up and finds how many steps fit in its turn. */
async function prepared(
  side: Side,
  workload: string,
  { seconds, inputs }: Pick<MeasureOptions, 'seconds' | 'inputs'>,
): Promise<Running | LeftOut> {
  let child: Child;
  try {
    child = await startChild(...commandOf(side, workload, inputs));
  } catch (error) {
    return { side, error: (error as Error).message };
  }
  const checked = await child.ask({ do: 'check' });
  if (!('values' in checked)) return leftOut({ side, child }, errorOf(checked));
  let steps = 3;
  // Twice: the first steps are slow, so the first estimate is too low.
  for (let warmUp = 0; warmUp < 2; warmUp++) {
    const turn = timed(await child.ask({ do: 'run', steps }));
    if ('error' in turn) return leftOut({ side, child }, turn.error);
    steps = Math.max(3, Math.round(seconds / median(turn.times)));
  }
  return { side, child, weights: child.ready.weights, values: checked.values, steps, turns: [] };
}

/** Threads of the side before may wait for work for some milliseconds more before they sleep. */
const settle = (): Promise<void> => pause(100);

const timed = (reply: Reply): Timed | { error: string } =>
  'times' in reply ? reply : { error: errorOf(reply) };

const errorOf = (reply: Reply): string => ('error' in reply ? reply.error : 'gave an unexpected answer');

async function leftOut({ side, child }: Pick<Running, 'side' | 'child'>, error: string): Promise<LeftOut> {
  await child.stop();
  return { side, error };
}

function result({ side, weights, values, turns }: Running): Measured {
  return {
    side,
    weights,
    values,
    wall: turns.map(({ times }) => 1000 * median(times)),
    cpu: turns.map(({ times, cpu }) => (1000 * cpu) / times.length),
    others: turns.map((turn) => turn.others),
    peakBytes: Math.max(...turns.map((turn) => turn.peakBytes)),
  };
}

/** How far a side's values may be from those of our eager one. */
export const tolerance = 1e-4;

/** How far the values of a side are from those of the first; infinite where it has other weights. */
export function differs(side: Measured, first: Measured): number {
  return side.weights === first.weights
    ? largestDifference(side.values, first.values)
    : Number.POSITIVE_INFINITY;
}
