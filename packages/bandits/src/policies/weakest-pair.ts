import type { BanditState } from './types';

/**
 * The generalised likelihood ratio that is least: of all arms, the one that the evidence tells apart from the leader least,
 *
 *     (mean_leader - mean_i)^2 / (2 (1 / W_i + 1 / W_leader)).
 */
export function weakestPair(
  { means, information }: BanditState,
  leader: number,
): { arm: number; statistic: number } {
  let arm = -1;
  let statistic = Infinity;
  const own = 1 / information[leader]!;
  for (let i = 0; i < means.length; i++) {
    if (i === leader) continue;
    const gap = means[leader]! - means[i]!;
    const evidence = (gap * gap) / (2 * (1 / information[i]! + own));
    // Written so that NaN, of two arms never seen, counts as no evidence.
    if (!(evidence >= statistic)) {
      arm = i;
      statistic = Number.isNaN(evidence) ? 0 : evidence;
    }
  }
  return { arm, statistic };
}
