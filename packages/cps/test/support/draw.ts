import { key, normal, uniform, type Key } from '@lab/tensor-core/random';

/** A stream of draws from one key, for tests that build random problems. */
export interface Draw {
  normal(): number;
  positive(): number;
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
}

export function draws(seed: number): Draw {
  const from: Key = key(seed);
  const normals = normal(from, 4096);
  const uniforms = uniform(key(seed + 1_000_000), 4096);
  let n = 0;
  let u = 0;
  const next = (): number => uniforms[u++ % uniforms.length]!;
  return {
    normal: () => normals[n++ % normals.length]!,
    positive: () => 0.05 + next(),
    integer: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
  };
}

/** Greatest absolute difference of order 1 or 2. */
export function fold(values: readonly number[], order: 1 | 2): number {
  let most = 0;
  for (let t = order; t < values.length; t++) {
    const d = order === 1 ? values[t]! - values[t - 1]! : values[t]! - 2 * values[t - 1]! + values[t - 2]!;
    most = Math.max(most, Math.abs(d));
  }
  return most;
}
