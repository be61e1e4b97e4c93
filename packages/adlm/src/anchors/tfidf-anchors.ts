import { LabError } from '@lab/tensor-core/errors';
import type { AnchorSelector } from './types';

export interface TfidfAnchorsOptions {
  /** Sequences of the corpus, whose tokens are counted. */
  readonly documents: Iterable<ArrayLike<number>>;
  /** The share of places of a sequence that are anchors, in (0, 1]. @default 0.2 */
  readonly share?: number;
}

/**
 * Anchors are the places of greatest term frequency times inverse document frequency: tokens that are frequent here and
 * rare elsewhere (Spärck Jones 1972). An alternative to the paper's counts, which know one sequence alone. At least one
 * place is an anchor; of equals the first.
 */
export function tfidfAnchors({ documents, share = 0.2 }: TfidfAnchorsOptions): AnchorSelector {
  if (!(share > 0 && share <= 1))
    throw new LabError('argument', 'share lies in (0, 1]', { argument: 'share', received: share });
  const inDocuments = new Map<number, number>();
  let total = 0;
  for (const document of documents) {
    total += 1;
    for (const id of new Set(Array.from(document))) inDocuments.set(id, (inDocuments.get(id) ?? 0) + 1);
  }
  const rarity = (id: number): number => Math.log((1 + total) / (1 + (inDocuments.get(id) ?? 0))) + 1;
  return (sequence) => {
    const counts = new Map<number, number>();
    for (const id of sequence) counts.set(id, (counts.get(id) ?? 0) + 1);
    const score = Float64Array.from(sequence, (id) => counts.get(id)! * rarity(id));
    const order = Array.from(score.keys()).sort((a, b) => score[b]! - score[a]! || a - b);
    const chosen = new Uint8Array(sequence.length);
    for (const place of order.slice(0, Math.max(1, Math.round(share * sequence.length)))) chosen[place] = 1;
    return chosen;
  };
}
