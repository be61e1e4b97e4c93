import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { checkCount } from '../policies/options';
import type { Policy } from '../policies/types';
import { gapsOf } from '../program/regret-constant';
import { checkCheckpoints, logCheckpoints } from './checkpoints';
import { checkMeans } from './environment';
import { replication } from './replication';
import { summarizeSimulation, type Simulation } from './summary';

/** What is simulated, how long, how often, and what is told of it meanwhile. */
export interface SimulateOptions {
  readonly policy: Policy;
  /** True mean of each arm. */
  readonly means: ArrayLike<number>;
  /** Rounds, T. */
  readonly horizon: number;
  /** Independent runs. */
  readonly replications: number;
  /** Run r draws from `foldIn(key, first + r)`, whatever the others do: the same runs come out in any split. */
  readonly key: Key;
  /** Number of the first run, when a simulation is split over several calls. @default 0 */
  readonly first?: number;
  /** Rounds at which regret is recorded, rising, the horizon last. @default ten in each tenfold of time */
  readonly checkpoints?: readonly number[];
  /** Without noise readings are the means themselves: a deterministic replay. @default true */
  readonly noise?: boolean;
  /** Stops the simulation. */
  readonly signal?: AbortSignal;
  /** Called about every 50 ms with the share of rounds that is done, and at the end with 1. */
  readonly onStep?: (fraction: number) => void;
}

/** Rounds between two looks at the clock: some tens of microseconds. */
const piece = 256;
/** Milliseconds between two turns of the event loop. */
const turn = 50;

/**
 * Plays a policy on an instance, many times over. Regret is pseudo-regret, the gaps of the arms played: rewards' own noise
 * would only blur it.
 *
 * @throws LabError `shape` or `argument` for what does not fit; `aborted` by the signal
 * @example
 * const { mean, low, high, slope } = await simulate({
 *   policy: asymptoticPolicy(information), means, horizon: 1e5, replications: 100, key: key(0),
 * });
 */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const { policy, means, horizon, replications, key, first = 0, noise = true, signal, onStep } = options;
  checkCount('simulate', { horizon, replications });
  checkCount('simulate', { first }, 0);
  checkMeans(means, policy.information);
  const checkpoints = options.checkpoints ?? logCheckpoints(horizon);
  checkCheckpoints(checkpoints, horizon);
  const gaps = gapsOf(means);
  const { arms } = policy.information;
  const regret = new Float64Array(replications * checkpoints.length);
  const plays = new Float64Array(replications * arms);
  const start = performance.now();
  let lastTurn = start;
  const breathe = async (done: number): Promise<void> => {
    onStep?.(done / (replications * horizon));
    if (signal?.aborted) throw new LabError('aborted', `simulate: stopped after ${done} rounds`);
    await nextTurn();
    lastTurn = performance.now();
  };

  await breathe(0);
  for (let r = 0; r < replications; r++) {
    const advance = replication(
      { policy, means, gaps, checkpoints, key: foldIn(key, first + r), noise },
      {
        regret: regret.subarray(r * checkpoints.length, (r + 1) * checkpoints.length),
        plays: plays.subarray(r * arms, (r + 1) * arms),
      },
    );
    for (let done = 0; !advance(piece);) {
      done += piece;
      if (performance.now() - lastTurn > turn) await breathe(r * horizon + done);
    }
  }
  await breathe(replications * horizon);
  return summarizeSimulation({
    policy: policy.name,
    checkpoints,
    replications,
    arms,
    regret,
    plays,
    cost: { pulls: replications * horizon, seconds: (performance.now() - start) / 1000 },
  });
}

/** `setImmediate` where it exists: a timer of 0 waits for a millisecond or more. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
