/**
 * Nearest non-decreasing sequence, in place, by pooling adjacent violators (Ayer et al., 1955): `at[0..count-1]` are the positions
 * of the chain in `x`.
 */
export function projectIncreasing(
  x: Float64Array,
  at: ArrayLike<number>,
  { level, weight }: { level: Float64Array; weight: Int32Array },
): void {
  const count = at.length;
  let blocks = 0;
  for (let i = 0; i < count; i++) {
    level[blocks] = x[at[i]!]!;
    weight[blocks] = 1;
    while (blocks > 0 && level[blocks - 1]! > level[blocks]!) {
      const pooled = weight[blocks - 1]! + weight[blocks]!;
      level[blocks - 1] =
        (level[blocks - 1]! * weight[blocks - 1]! + level[blocks]! * weight[blocks]!) / pooled;
      weight[blocks - 1] = pooled;
      blocks--;
    }
    blocks++;
  }
  let i = 0;
  for (let b = 0; b < blocks; b++) for (let k = 0; k < weight[b]!; k++) x[at[i++]!] = level[b]!;
}

/**
 * Nearest point with x[at[0]] >= x[at[i]] + margin, in place: the peak and those of the others that rise above it meet at their
 * mean; the others are taken from the highest down until the next stays below.
 */
export function projectArgmax(x: Float64Array, at: ArrayLike<number>, margin: number): void {
  const peak = at[0]!;
  let level = x[peak]!;
  const above: number[] = [];
  for (let i = 1; i < at.length; i++) {
    const raised = x[at[i]!]! + margin;
    if (raised > level) above.push(raised);
  }
  if (above.length === 0) return;
  above.sort((a, b) => b - a);
  let count = 1;
  for (const raised of above) {
    if (raised <= level) break;
    level = (level * count + raised) / (count + 1);
    count++;
  }
  x[peak] = level;
  for (let i = 1; i < at.length; i++) x[at[i]!] = Math.min(x[at[i]!]!, level - margin);
}

/**
 * Nearest price bar with low <= open, close <= high, in place; `at` are the positions of low, open, close, high. The nearest bar
 * keeps the order of open and close (else exchanging them would be nearer), and with that order known the four make a chain.
 */
export function projectBar(
  x: Float64Array,
  at: ArrayLike<number>,
  buffers: { level: Float64Array; weight: Int32Array },
): void {
  const [low, open, close, high] = [at[0]!, at[1]!, at[2]!, at[3]!];
  const chain = x[open]! <= x[close]! ? [low, open, close, high] : [low, close, open, high];
  projectIncreasing(x, chain, buffers);
}
