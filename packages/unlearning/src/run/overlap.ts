import { asList, type Samples } from '../model/types';

/** A warning where rows to forget are among the retained ones too, which asks for both. */
export async function overlapWarnings(retain: Samples, forget: Samples | undefined): Promise<string[]> {
  if (!forget) return [];
  const kept = new Set(await fingerprints(retain));
  const shared = (await fingerprints(forget)).filter((each) => kept.has(each)).length;
  if (shared === 0) return [];
  return [`${shared} of the rows to forget are among the retained rows too, with the same targets`];
}

/** 53 bits of each row with its targets; that two different rows share them is not to be expected. */
async function fingerprints({ x, y }: Samples): Promise<number[]> {
  const parts = await Promise.all([x, ...asList(y)].map((each) => each.data()));
  const count = x.shape[0];
  // Rows as bits, so that equal numbers of different types are equal too.
  const bits = parts.map((part) => new Int32Array(Float32Array.from(part).buffer));
  return Array.from({ length: count }, (_, row) => {
    let [low, high] = [0x811c9dc5, 0x1b873593];
    for (const part of bits) {
      const width = part.length / count;
      for (let at = row * width; at < (row + 1) * width; at++) {
        low = Math.imul(low ^ part[at]!, 0x01000193);
        high = Math.imul(high ^ (part[at]! >>> 3) ^ low, 0x85ebca6b);
      }
    }
    return (high >>> 11) * 2 ** 32 + (low >>> 0);
  });
}
