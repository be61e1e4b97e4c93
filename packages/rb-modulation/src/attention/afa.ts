import { attend, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { joinSets, poolSet, sliceSet, tokenCount, type AttentionSets, type KeyValues } from './key-values';

/**
 * - `paper`: text, style, and both together, each beside the image's own tokens (Section 4.2); with content: text, style,
 *   content, content and style
 * - `official`: what the released code computes. The text stays in every branch, and the style's tokens are replaced by their
 *   mean
 * - `concat`: one attention over everything (DirectConcat, a baseline)
 * - `text`: without style, the model as it is
 */
export type AfaMode = 'paper' | 'official' | 'concat' | 'text';

export interface AfaOptions {
  /** @default 'official' */
  readonly mode?: AfaMode;
  /**
   * Whether the style's tokens are replaced by their mean, which keeps the reference's content from leaking when they come from
   * an embedding of content and style together. @default true for `official`, false for the others
   */
  readonly poolStyle?: boolean;
  /** Weight of each branch; scaled to sum to 1. @default equal */
  readonly weights?: readonly number[];
}

/**
 * The sets of tokens that each branch of Attention Feature Aggregation looks at, in order; their attentions are averaged.
 *
 * The released code overwrites tokens of one list from branch to branch; here each branch is written down by itself. The mean
 * of style tokens is taken of their keys and values: both are affine in the tokens.
 *
 * @throws LabError `argument` for `official` with fewer text tokens than style tokens, whose place it takes
 */
export function afaBranches(
  sets: AttentionSets,
  options: AfaOptions = {},
): readonly (readonly KeyValues[])[] {
  const { mode = 'official', poolStyle = mode === 'official' } = options;
  const present = (...each: (KeyValues | undefined)[]): KeyValues[] =>
    each.filter((set) => set !== undefined && tokenCount(set) > 0) as KeyValues[];
  const { self, text, content } = sets;
  if (mode === 'text' || (!sets.style && !content)) return [present(self, text)];
  const style = sets.style && poolStyle ? poolSet(sets.style) : sets.style;
  if (mode === 'concat') return [present(self, text, content, style)];
  if (mode === 'paper')
    return content
      ? [present(self, text), present(self, style), present(self, content), present(self, style, content)]
      : [present(self, text), present(self, style), present(self, text, style)];
  if (content) {
    // In the last branch the style stands in the content's place.
    return [
      present(self, text),
      present(self, text, content),
      present(self, text, content, style),
      present(self, text, style),
    ];
  }
  return [
    present(self, text),
    present(self, text, style),
    present(self, withoutPooledText(text, style!), style),
  ];
}

/** The text less its last tokens, as many as the style has: those that Stable Cascade's pooled text makes. */
function withoutPooledText(text: KeyValues | undefined, style: KeyValues): KeyValues {
  const [have, taken] = [text === undefined ? 0 : tokenCount(text), tokenCount(style)];
  if (text === undefined || have < taken)
    throw new LabError(
      'argument',
      "AFA 'official' puts the style in the place of as many tokens of the text",
      {
        argument: 'sets.text',
        expected: `at least ${taken} tokens`,
        received: have,
        hint: "mode: 'paper' needs no text",
      },
    );
  return sliceSet(text, 0, have - taken);
}

/**
 * Attention Feature Aggregation (Section 4.2): the mean of one attention for each branch. Same weights, no new parameters; a
 * layer's output projection may come before the mean or after it, as it is affine. For image queries; in models whose text
 * tokens ask too, those stay with the text.
 *
 * @param q queries of the image's tokens [B, heads, N, d]
 * @returns [B, heads, N, e]
 * @throws LabError `argument` for weights that are not one for each branch
 */
export function afaAttention(q: Tensor, sets: AttentionSets, options: AfaOptions = {}): Tensor {
  return tf.tidy(() => attendBranches(q, afaBranches(sets, options), options.weights));
}

/** The weighted mean of one attention for each branch. */
export function attendBranches(
  q: Tensor,
  branches: readonly (readonly KeyValues[])[],
  weights: readonly number[] = branches.map(() => 1),
): Tensor {
  const total = weights.reduce((sum, each) => sum + each, 0);
  if (weights.length !== branches.length || !(total > 0) || weights.some((each) => !(each >= 0)))
    throw new LabError('argument', 'AFA takes one weight for each branch, none negative, some positive', {
      argument: 'weights',
      expected: branches.length,
      received: weights,
    });
  const seen = branches.map((branch, i) => {
    const { keys, values, mask } = joinSets(branch);
    const attended = attend(q, keys, values, mask && { mask });
    return tf.mul(attended, weights[i]! / total);
  });
  return seen.reduce((sum, each) => tf.add(sum, each));
}
