import { foldIn, type Key } from '@lab/tensor-core/random';
import type { BanditState, Policy } from './types';

/**
 * Arms for several rounds whose readings come later: each choice is made as if the ones before it had read just what is
 * expected of them. The state is left as it is; update it with the true readings when they are there.
 *
 * @param count arms to choose
 * @example
 * const arms = chooseBatch(policy, { state, key: foldIn(key, round), count: 10 });
 */
export function chooseBatch<State extends BanditState>(
  policy: Policy<State>,
  { state, key, count }: { readonly state: State; readonly key: Key; readonly count: number },
): number[] {
  const { revealed } = policy.information;
  const arms: number[] = [];
  let expected = state;
  for (let place = 0; place < count; place++) {
    const arm = policy.choose(expected, foldIn(key, place));
    arms.push(arm);
    const readings = new Array<number | null>(policy.information.arms).fill(null);
    for (const i of revealed[arm]!) readings[i] = expected.means[i]!;
    expected = policy.update(expected, arm, readings);
  }
  return arms;
}
