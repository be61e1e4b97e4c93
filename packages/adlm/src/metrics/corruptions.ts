import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';

/** One corruption of a sequence: which positions are masked, and what their summed cross-entropy is multiplied by. */
export interface Corruption {
  /** Positions in the sequence. */
  readonly masked: readonly number[];
  readonly weight: number;
}

/** Corruptions of one sequence whose weighted cross-entropies have the bound as their mean, or for `exact` as their sum. */
export type Corruptions = (positions: readonly number[]) => readonly Corruption[];

const minimumTime = 1e-3;
const epsilon = 1e-3;

/**
 * A number of masks k uniform in 1 to L, then k positions at random; weight L / k. Unbiased for the continuous-time bound
 * of a model that does not see the time, with no 1/t tail. The k of one sequence's samples come from as many strata.
 */
export function countCorruptions(key: Key, samples: number): Corruptions {
  return (positions) => {
    const length = positions.length;
    const draws = uniform64(foldIn(key, 0), samples);
    return Array.from({ length: samples }, (_, sample) => {
      const stratum = (sample + draws[sample]!) / samples;
      const k = Math.min(length, 1 + Math.floor(length * stratum));
      return { masked: choose(foldIn(key, sample + 1), positions, k), weight: length / k / samples };
    });
  };
}

/**
 * A time t uniform in [0.001, 1], a stratum a sample, each position masked with probability (1 - 0.001) t; weight 1 / t. What the
 * published evaluations do.
 */
export function timeCorruptions(key: Key, samples: number): Corruptions {
  return (positions) => {
    const draws = uniform64(foldIn(key, 0), samples);
    return Array.from({ length: samples }, (_, sample) => {
      const time = minimumTime + (1 - minimumTime) * ((sample + draws[sample]!) / samples);
      const coins = uniform64(foldIn(key, sample + 1), positions.length);
      const masked = positions.filter((_position, i) => coins[i]! < (1 - epsilon) * time);
      return { masked, weight: 1 / time / samples };
    });
  };
}

/** Every non-empty set of positions S, with weight (|S| - 1)! (L - |S|)! / L!: the bound itself. */
export function everyCorruption(positions: readonly number[]): readonly Corruption[] {
  const length = positions.length;
  return Array.from({ length: 2 ** length - 1 }, (_, i) => {
    const masked = positions.filter((_position, bit) => ((i + 1) >> bit) & 1);
    return { masked, weight: 1 / (masked.length * binomial(length, masked.length)) };
  });
}

const binomial = (n: number, k: number): number => {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return value;
};

/** `k` of the positions, each set as likely as any other (a shuffle that stops after k). */
function choose(key: Key, positions: readonly number[], k: number): number[] {
  const order = [...positions];
  const draws = uniform64(key, k);
  for (let i = 0; i < k; i++) {
    const j = i + Math.floor(draws[i]! * (order.length - i));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, k);
}
