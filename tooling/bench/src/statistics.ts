/** The middle value; of an even number the mean of the two in the middle. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Ratio {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * What `above` is of `below`, round by round: both sides of a round ran within seconds of each other, so what slowed the
 * machine down for a while slowed both and leaves their ratio alone. Ratios of medians would mix the rounds.
 */
export function ratio(above: readonly number[], below: readonly number[]): Ratio {
  if (above.length !== below.length)
    throw new Error(`ratio: ${above.length} rounds of one side and ${below.length} of the other`);
  const each = above.map((value, round) => value / below[round]!);
  return { median: median(each), lowest: Math.min(...each), highest: Math.max(...each) };
}

/** The largest difference between two lists, each in units of the expected value where that is above 1. */
export function largestDifference(received: readonly number[], expected: readonly number[]): number {
  if (received.length !== expected.length) return Number.POSITIVE_INFINITY;
  const each = received.map(
    (value, i) => Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!)),
  );
  // Not Math.max, which would pass NaN on but takes no long list.
  return each.reduce((most, value) => (value > most || Number.isNaN(value) ? value : most), 0);
}
