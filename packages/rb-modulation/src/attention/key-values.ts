import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** Keys and values of one set of tokens. */
export interface KeyValues {
  /** [B, heads, n, d] */
  readonly keys: Tensor;
  /** [B, heads, n, e] */
  readonly values: Tensor;
  /** [B, 1, 1, n], 1 for the tokens that may be seen. @default all */
  readonly mask?: Tensor | undefined;
}

/** The tokens that an attention layer of an image model can look at. */
export interface AttentionSets {
  /** The image's own tokens; absent in a layer that looks at the text alone. */
  readonly self?: KeyValues | undefined;
  readonly text?: KeyValues | undefined;
  readonly style?: KeyValues | undefined;
  readonly content?: KeyValues | undefined;
}

export const tokenCount = ({ keys }: KeyValues): number => keys.shape.at(-2)!;

/** The tokens of several sets, one set after the other. */
export function joinSets(sets: readonly KeyValues[]): KeyValues {
  if (sets.length === 0)
    throw new LabError('argument', 'attention needs at least one set of tokens', { argument: 'sets' });
  if (sets.length === 1) return sets[0]!;
  const isMasked = sets.some(({ mask }) => mask !== undefined);
  return {
    keys: tf.concat(
      sets.map(({ keys }) => keys),
      -2,
    ),
    values: tf.concat(
      sets.map(({ values }) => values),
      -2,
    ),
    ...(isMasked && { mask: tf.concat(sets.map(maskOf), -1) }),
  };
}

function maskOf(set: KeyValues): Tensor {
  return set.mask ?? tf.ones([set.keys.shape[0], 1, 1, tokenCount(set)]);
}

/** Some tokens of a set, in their order. */
export function sliceSet({ keys, values, mask }: KeyValues, begin: number, count: number): KeyValues {
  return {
    keys: cut(keys, -2, begin, count),
    values: cut(values, -2, begin, count),
    ...(mask && { mask: cut(mask, -1, begin, count) }),
  };
}

/** Every token replaced by the mean of all: what an affine map makes of the mean of the embeddings. */
export function poolSet({ keys, values, mask }: KeyValues): KeyValues {
  const pooled = (x: Tensor): Tensor => tf.add(tf.zerosLike(x), tf.mean(x, -2, true));
  return { keys: pooled(keys), values: pooled(values), ...(mask && { mask }) };
}

function cut(x: Tensor, axis: -1 | -2, begin: number, count: number): Tensor {
  const at = x.rank + axis;
  const from = x.shape.map((_, i) => (i === at ? begin : 0));
  const size = x.shape.map((each, i) => (i === at ? count : each));
  return tf.slice(x, from, size);
}
