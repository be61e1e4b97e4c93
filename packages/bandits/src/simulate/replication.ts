import { foldIn, type Key } from '@lab/tensor-core/random';
import { drawsOf } from '../policies/draws';
import type { BanditState, Policy } from '../policies/types';

/** What one replication leaves behind. */
export interface Tracks {
  /** Regret at each checkpoint. */
  readonly regret: Float64Array;
  /** Plays of each arm. */
  readonly plays: Float64Array;
}

/** What one replication plays. */
export interface ReplicationOptions {
  readonly policy: Policy;
  readonly means: ArrayLike<number>;
  readonly gaps: ArrayLike<number>;
  readonly checkpoints: readonly number[];
  /** This replication's own. */
  readonly key: Key;
  /** Without noise readings are the means themselves, while policies still weigh them by sigma. */
  readonly noise: boolean;
}

/**
 * One run of a policy, in pieces: `advance(rounds)` plays on and says whether it is at the end. Noise and the policy's own draws
 * come from separate streams of the key, so policies that read alike meet the same noise.
 */
export function replication(
  options: ReplicationOptions,
  { regret, plays }: Tracks,
): (rounds: number) => boolean {
  const { policy, means, gaps, checkpoints, key, noise } = options;
  const { arms, sigma, revealed } = policy.information;
  const { choose, update } = policy.inPlace;
  const readingDraws = drawsOf(foldIn(key, 0));
  const policyDraws = drawsOf(foldIn(key, 1));
  const state: BanditState = policy.init();
  const observations = new Float64Array(arms).fill(NaN);
  const horizon = checkpoints[checkpoints.length - 1]!;
  let last = 0;
  let round = 0;
  let next = 0;

  return (rounds) => {
    for (const end = Math.min(horizon, round + rounds); round < end;) {
      const arm = choose(state, policyDraws);
      // Readings of the last round, which this round may not have.
      if (arm !== last) for (const i of revealed[last]!) observations[i] = NaN;
      last = arm;
      const seen = revealed[arm]!;
      for (let k = 0; k < seen.length; k++) {
        const i = seen[k]!;
        const deviation = sigma[arm * arms + i]!;
        observations[i] = noise && deviation > 0 ? means[i]! + deviation * readingDraws.normal() : means[i]!;
      }
      update(state, arm, observations);
      plays[arm]!++;
      if (++round === checkpoints[next]) {
        // From the plays and not by adding up: exact, and the same whatever the order.
        let sum = 0;
        for (let j = 0; j < arms; j++) sum += gaps[j]! * plays[j]!;
        regret[next++] = sum;
      }
    }
    return round === horizon;
  };
}
