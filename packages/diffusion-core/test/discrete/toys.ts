import { oracleDenoiser, type TokenArray } from '../../src/discrete';

/** The paper's example A.3.4: (1, 0, 0) with probability 0.9, (0, 1, 1) with 0.1. */
export const toyTable = { tokens: 2, length: 3, probabilities: [0, 0, 0, 0.1, 0.9, 0, 0, 0] };
/** The same mixed with 2 % of uniform sequences, so that every conditional is defined. */
export const mixedTable = {
  tokens: 2,
  length: 3,
  probabilities: toyTable.probabilities.map((p) => 0.98 * p + 0.02 / 8),
};
export const toy = oracleDenoiser(toyTable);
export const mixed = oracleDenoiser(mixedTable);

export const tokensOf = (...rows: number[][]): TokenArray => ({
  shape: [rows.length, rows[0]!.length],
  data: Int32Array.from(rows.flat()),
});

/** All binary sequences of length 3 with their probabilities. */
export const allSequences = tokensOf(
  ...Array.from({ length: 8 }, (_, i) => [(i >> 2) & 1, (i >> 1) & 1, i & 1]),
);

export const mean = (values: ArrayLike<number>, probabilities: ArrayLike<number>): number =>
  Array.from(probabilities).reduce((sum, p, i) => sum + (p === 0 ? 0 : p * values[i]!), 0);

/** Total variation distance of a law over states with masks (base 3) to a table over sequences (base 2). */
export function distance(law: Float64Array, probabilities: readonly number[]): number {
  let total = 0;
  for (let state = 0; state < law.length; state++) {
    const ids = [Math.floor(state / 9), Math.floor(state / 3) % 3, state % 3];
    const p = ids.includes(2) ? 0 : probabilities[ids.reduce((sum, id) => sum * 2 + id, 0)]!;
    total += Math.abs(law[state]! - p);
  }
  return total / 2;
}
