import { foldIn, type Key } from '@lab/tensor-core/random';
import type { BanditState, ChooseOptions, Policy } from './types';

/** What a batch is chosen from. */
export interface ChooseBatchOptions<State extends BanditState> extends ChooseOptions {
  readonly state: State;
  readonly key: Key;
  /** Arms to choose. */
  readonly count: number;
}

/**
 * Arms for several rounds whose readings come later: each choice is made as if the ones before it had read just what is
 * expected of them. The state is left as it is; update it with the true readings when they are there.
 *
 * @example
 * const arms = chooseBatch(policy, { state, key: foldIn(key, round), count: 10 });
 */
export function chooseBatch<State extends BanditState>(
  policy: Policy<State>,
  { state, key, count, availableArms }: ChooseBatchOptions<State>,
): number[] {
  const { revealed } = policy.information;
  const arms: number[] = [];
  let expected = state;
  for (let place = 0; place < count; place++) {
    const arm = policy.choose(expected, foldIn(key, place), availableArms && { availableArms });
    arms.push(arm);
    const readings = new Array<number | null>(policy.information.arms).fill(null);
    for (const i of revealed[arm]!) readings[i] = expected.means[i]!;
    expected = policy.update(expected, arm, readings);
  }
  return arms;
}
