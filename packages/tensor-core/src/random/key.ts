/**
 * A random key: two 32-bit words, plain JSON. A key is split, never mutated; the same key gives the same numbers on
 * every engine and machine.
 */
export type Key = readonly [high: number, low: number];

/** The key of an integer seed, as `jax.random.PRNGKey`: 0 is a seed like any other. */
export function key(seed: number): Key {
  return [Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0];
}
