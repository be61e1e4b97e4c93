/**
 * Places of a longest common subsequence, in order: what an alignment finds that gains 1 by a match and pays for a mismatch more
 * than for two gaps. Among equally long ones, the first places of the target are taken.
 */
export function commonPlaces<Token>(
  source: readonly Token[],
  target: readonly Token[],
): (readonly [source: number, target: number])[] {
  const [m, n] = [source.length, target.length];
  // longest[i][j]: of source from i on and target from j on.
  const longest = Array.from({ length: m + 1 }, () => new Uint32Array(n + 1));
  for (let i = m - 1; i >= 0; i--)
    for (let j = n - 1; j >= 0; j--)
      longest[i]![j] =
        source[i] === target[j]
          ? longest[i + 1]![j + 1]! + 1
          : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
  const places: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < m && j < n;) {
    if (source[i] === target[j]) places.push([i++, j++]);
    else if (longest[i + 1]![j]! >= longest[i]![j + 1]!) i++;
    else j++;
  }
  return places;
}
