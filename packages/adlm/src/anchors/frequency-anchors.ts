import { LabError } from '@lab/tensor-core/errors';
import type { AnchorSelector } from './types';

export interface FrequencyAnchorsOptions {
  /**
   * `count`: how often the token occurs in its sequence, as the official release has it. `relative`: that divided by the
   * length, as the paper has it. @default 'count'
   */
  readonly mode?: 'count' | 'relative';
  /** Tokens that occur at most so often are anchors: above 0. @default 5 for counts */
  readonly threshold?: number;
  /** Never anchors, such as padding. @default none */
  readonly ignore?: Iterable<number>;
}

/**
 * The paper's anchors: the tokens that are rare in their own sequence (section 4; masked and visible ones alike). The
 * default threshold 5 is for sequences of 1,024 tokens; of 32, it makes nearly everything an anchor, and 1 or 2 fit.
 *
 * @example
 * frequencyAnchors({ threshold: 1 })(Int32Array.of(0, 1, 2, 0)); // 0, 1, 1, 0
 */
export function frequencyAnchors({
  mode = 'count',
  threshold = 5,
  ignore = [],
}: FrequencyAnchorsOptions = {}): AnchorSelector {
  if (!(threshold > 0) || (mode === 'relative' && threshold > 1))
    throw new LabError('argument', 'a threshold of counts is above 0, one of shares in (0, 1]', {
      argument: 'threshold',
      received: threshold,
    });
  const ignored = new Set(ignore);
  return (sequence) => {
    const counts = new Map<number, number>();
    for (const id of sequence) counts.set(id, (counts.get(id) ?? 0) + 1);
    const most = mode === 'count' ? threshold : threshold * sequence.length;
    return Uint8Array.from(sequence, (id) => (!ignored.has(id) && counts.get(id)! <= most ? 1 : 0));
  };
}

/** Anchors are the tokens of a set, wherever they occur. */
export function tokenSetAnchors(ids: Iterable<number>): AnchorSelector {
  const set = new Set(ids);
  return (sequence) => Uint8Array.from(sequence, (id) => (set.has(id) ? 1 : 0));
}

/** The last resort: `selector` itself, with its answers checked where they are used. */
export function anchorsOf(
  selector: AnchorSelector,
  tokens: { readonly shape: readonly number[]; readonly data: Int32Array },
): Uint8Array {
  const [batch, length] = tokens.shape as [number, number];
  const anchors = new Uint8Array(batch * length);
  for (let row = 0; row < batch; row++) {
    const chosen = selector(tokens.data.slice(row * length, (row + 1) * length));
    if (chosen.length !== length)
      throw new LabError('shape', 'a selector of anchors says 1 or 0 for every token', {
        argument: 'anchors',
        expected: length,
        received: chosen.length,
      });
    anchors.set(chosen, row * length);
  }
  return anchors;
}
