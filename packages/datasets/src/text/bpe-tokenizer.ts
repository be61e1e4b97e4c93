import { LabError } from '@lab/tensor-core/errors';
import { decodeSegments } from './decode-segments';
import { checkId, type Tokenizer } from './tokenizer';

/** Two ids that become one, in the order in which they were learned: merge i makes id 256 + i. */
export type Merge = readonly [left: number, right: number];

export interface BpeTokenizer extends Tokenizer {
  /** All that is needed to make the tokenizer again. */
  readonly merges: readonly Merge[];
}

/** A word with the space before it, a number, a run of other signs, or white space. */
const pieces = / ?\p{L}+(?:['’]\p{L}+)?| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * Byte-pair encoding from a list of merges. Ids are the 256 bytes, the merges, then `[EOS]` (also `[BOS]`) and `[MASK]`.
 *
 * @throws LabError `argument` for a merge of ids that are not there yet
 */
export function bpeTokenizer(merges: readonly Merge[]): BpeTokenizer {
  const ranks = new Map<number, number>();
  const bytes: Uint8Array[] = Array.from({ length: 256 }, (_, id) => Uint8Array.of(id));
  merges.forEach(([left, right], rank) => {
    const [a, b] = [bytes[left], bytes[right]];
    if (!a || !b)
      throw new LabError('argument', 'bpeTokenizer: a merge joins two ids that were made before it', {
        argument: `merges[${rank}]`,
        received: [left, right],
      });
    ranks.set(pairKey(left, right), rank);
    bytes.push(Uint8Array.of(...a, ...b));
  });
  const [eosId, maskId] = [bytes.length, bytes.length + 1];
  const special = new Map([
    [eosId, '[EOS]'],
    [maskId, '[MASK]'],
  ]);
  const self = { name: 'bpe', vocabSize: bytes.length + 2 };
  const known = new Map<string, readonly number[]>();
  const encodePiece = (piece: string): readonly number[] => {
    const found = known.get(piece);
    if (found) return found;
    const made = applyMerges([...new TextEncoder().encode(piece)], ranks);
    known.set(piece, made);
    return made;
  };
  const bytesOf = (id: number): Uint8Array => bytes[checkId(id, self)]!;
  return {
    ...self,
    maskId,
    eosId,
    bosId: eosId,
    merges,
    encode: (text) => Int32Array.from([...text.matchAll(pieces)].flatMap(([piece]) => encodePiece(piece))),
    decode: (ids) => decodeSegments(ids, { special, bytesOf }),
    token: (id) => special.get(id) ?? new TextDecoder().decode(bytesOf(id)),
  };
}

/** Joins the pair that was learned first, again and again. */
function applyMerges(ids: number[], ranks: ReadonlyMap<number, number>): number[] {
  for (;;) {
    let [best, at] = [Infinity, -1];
    for (let i = 0; i + 1 < ids.length; i++) {
      const rank = ranks.get(pairKey(ids[i]!, ids[i + 1]!)) ?? Infinity;
      if (rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return ids;
    ids.splice(at, 2, 256 + best);
  }
}

/** One number for a pair of ids below 2^24. */
export const pairKey = (left: number, right: number): number => left * 2 ** 24 + right;

/** The words of a text, with how often each occurs: what merges are learned from, and never cross. */
export function countPieces(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const [piece] of text.matchAll(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  return counts;
}
