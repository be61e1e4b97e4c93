import type { TokenControl } from './options';

/** A control: these tokens are never drawn. */
export function bannedTokens(ids: Iterable<number>): TokenControl {
  const banned = [...ids];
  return {
    name: 'banned tokens',
    estimate(probabilities) {
      for (const id of banned) probabilities[id] = 0;
      return probabilities;
    },
  };
}
