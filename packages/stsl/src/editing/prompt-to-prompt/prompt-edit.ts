import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { commonPlaces } from './common-places';

/**
 * How the attention that a source pays to the places of its text becomes the target's: `((S matrix) taken + T (1 - taken))
 * weights`, for maps S and T over places. Both texts have as many places, padding included.
 */
export interface PromptEdit {
  /** Shares of each source's place that each target's place gets, [places, places]. */
  readonly matrix: Array64;
  /** [places] of the target, in [0, 1]: 1 takes the source's attention, 0 leaves the target's own. */
  readonly taken: Float64Array;
  /** [places] of the target: what the attention is multiplied by, not negative. */
  readonly weights: Float64Array;
}

export interface PromptLayout {
  /** Places of a text as the network reads it, padding included: 77 for CLIP. */
  readonly length: number;
  /** Special tokens before the first word. @default 1, CLIP's beginning of a text */
  readonly offset?: number;
}

/** A text, word by word, in tokens. */
export type PromptWords<Token> = readonly (readonly Token[])[];

/**
 * A word swap of Prompt-to-Prompt (Hertz et al. 2023, Section 3.2): the same number of words, each of which keeps the attention of
 * the word at its place. A word of another number of tokens shares it out evenly among its own. Places after the text (its end, the
 * padding) stay in order; those that the source has no counterpart of keep their own attention.
 *
 * @throws LabError `argument` for another number of words, `shape` for a text longer than its places
 * @example
 * const edit = wordSwap([[320], [2368]], [[320], [1929]], { length: 77 }); // a cat, a dog
 */
export function wordSwap<Token>(
  source: PromptWords<Token>,
  target: PromptWords<Token>,
  layout: PromptLayout,
): PromptEdit {
  if (source.length !== target.length)
    throw new LabError('argument', 'wordSwap: both texts have as many words', {
      received: [source.length, target.length],
      hint: 'refinement() is for texts to which words were added',
    });
  const { offset, length, put, edit } = empty(layout);
  assertFits(source.flat(), { length, offset });
  assertFits(target.flat(), { length, offset });
  let [from, to] = [offset, offset];
  source.forEach((word, w) => {
    const other = target[w]!;
    if (word.length === other.length) word.forEach((_, i) => put(from + i, to + i, 1));
    else word.forEach((_, i) => other.forEach((_, j) => put(from + i, to + j, 1 / other.length)));
    from += word.length;
    to += other.length;
  });
  for (; from < length && to < length; from++, to++) put(from, to, 1);
  return edit;
}

/**
 * A refinement of Prompt-to-Prompt (Hertz et al. 2023, Section 3.2): tokens that both texts have, aligned in order by their longest
 * common subsequence, take the source's attention; new ones keep the target's own.
 *
 * @throws LabError `shape` for a text longer than its places
 */
export function refinement<Token>(
  source: readonly Token[],
  target: readonly Token[],
  layout: PromptLayout,
): PromptEdit {
  const { offset, length, put, edit } = empty(layout);
  assertFits(source, { length, offset });
  assertFits(target, { length, offset });
  for (const [i, j] of commonPlaces(source, target)) put(offset + i, offset + j, 1);
  let [from, to] = [offset + source.length, offset + target.length];
  for (; from < length && to < length; from++, to++) put(from, to, 1);
  return edit;
}

/**
 * The same edit with the attention to some places of the target multiplied: below 1 weakens a word, above 1 strengthens it (Hertz et
 * al. 2023, Section 3.2, attention re-weighting). Of one and the same text: `reweighted(refinement(text, text, layout), { 3: 2 })`.
 *
 * @throws LabError `argument` for a place that the text does not have, or a factor below 0
 */
export function reweighted(edit: PromptEdit, factors: Readonly<Record<number, number>>): PromptEdit {
  const weights = Float64Array.from(edit.weights);
  for (const [place, factor] of Object.entries(factors)) {
    if (!(Number(place) in weights && factor >= 0 && Number.isFinite(factor)))
      throw new LabError('argument', 'reweighted: a factor that is not negative, for a place of the text', {
        argument: 'factors',
        expected: `places 0 to ${weights.length - 1}`,
        received: { [place]: factor },
      });
    weights[Number(place)]! *= factor;
  }
  return { ...edit, weights };
}

/** An edit that takes nothing but the special tokens in front, and how a place is filled in. */
function empty({ length, offset = 1 }: PromptLayout) {
  const edit: PromptEdit = {
    matrix: { shape: [length, length], data: new Float64Array(length * length) },
    taken: new Float64Array(length),
    weights: new Float64Array(length).fill(1),
  };
  const put = (from: number, to: number, share: number): void => {
    edit.matrix.data[from * length + to]! += share;
    edit.taken[to] = 1;
  };
  for (let i = 0; i < offset; i++) put(i, i, 1);
  return { offset, length, put, edit };
}

function assertFits(tokens: readonly unknown[], { length, offset }: Required<PromptLayout>): void {
  if (offset + tokens.length > length)
    throw new LabError('shape', 'the text is longer than its places', {
      expected: `${length - offset} tokens at most`,
      received: tokens.length,
    });
}
