import { LabError } from '@lab/tensor-core/errors';

/**
 * How well a loss threshold tells members from others: the probability that a member's loss is below another's, ties
 * counting half. 0.5 is no signal. Between data to forget and unseen data: above 0.5 the model still knows the data,
 * well below 0.5 it was pushed away so far that this itself gives the data away (over-unlearning).
 *
 * @throws LabError `argument` when either side is empty or not finite
 */
export function membershipAUC(members: ArrayLike<number>, others: ArrayLike<number>): number {
  const [a, b] = [Array.from(members), Array.from(others)];
  if (a.length === 0 || b.length === 0 || ![...a, ...b].every(Number.isFinite))
    throw new LabError('argument', 'membershipAUC: both sides need finite losses', {
      received: { members: a.length, others: b.length },
    });
  const all = [...a.map((loss) => ({ loss, member: true })), ...b.map((loss) => ({ loss, member: false }))];
  all.sort((p, q) => p.loss - q.loss);
  let ranks = 0;
  for (let i = 0; i < all.length;) {
    let end = i;
    while (end < all.length && all[end]!.loss === all[i]!.loss) end++;
    const rank = (i + end + 1) / 2;
    for (let k = i; k < end; k++) if (all[k]!.member) ranks += rank;
    i = end;
  }
  const below = ranks - (a.length * (a.length + 1)) / 2;
  return 1 - below / (a.length * b.length);
}
