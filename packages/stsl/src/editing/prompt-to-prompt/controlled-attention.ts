import { attend, tf, type Attend, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { PromptEdit } from './prompt-edit';

export interface AttentionControl {
  /** Whether the target takes the source's attention to the text. */
  readonly cross: boolean;
  /** Whether the target takes the source's attention of the image to itself. */
  readonly self: boolean;
  /** Most places of an image whose attention to itself is taken: the finest layers keep theirs. @default 1024 */
  readonly largest?: number;
  /** Places of the text in this layer, the last ones; 0 for layers that see the image alone. @default all of the edit's */
  readonly text?: number;
}

/**
 * Cross-attention control of Prompt-to-Prompt (Hertz et al. 2023, Algorithm 1) as the attention of a network. The first half of the
 * batch are sources, the second their targets. A target's maps over the text become what `edit` makes of both; over the image,
 * the source's. Each target's result is these maps times its own values.
 *
 * Where one softmax runs over image and text together, the maps over the text are replaced as above, and those over the image scaled
 * so that a row still sums to 1 before re-weighting. Places of the text that ask themselves keep their maps.
 *
 * @throws LabError `shape` while running, for an odd batch or fewer places than the text has
 */
export function controlledAttention(
  edit: PromptEdit,
  { cross, self, largest = 1024, text = edit.taken.length }: AttentionControl,
): Attend {
  return (q, k, v, options = {}) =>
    attend(q, k, v, {
      ...options,
      mapWeights(maps) {
        const image = maps.shape.at(-1)! - text;
        if (maps.shape[0] % 2 !== 0 || image < 0)
          throw new LabError(
            'shape',
            'attention control: sources, then as many targets, over the text of the edit',
            {
              expected: `[2 n, heads, places, ${text} or more]`,
              received: maps.shape,
            },
          );
        const asking = maps.shape.at(-2)!;
        const isJoint = image > 0 && text > 0;
        // In a joint layer whose text asks too, the image's places come first.
        const rows = isJoint && asking === image + text ? image : asking;
        const [source, target] = tf.split(maps, 2, 0) as [Tensor, Tensor];
        const [s, t] = [source, target].map((each) => cut(each, -2, 0, rows)) as [Tensor, Tensor];
        const controlled = edited(edit, [s, t], { image, text, cross, self: self && rows <= largest });
        const rest = rows === asking ? [] : [cut(target, -2, rows, asking - rows)];
        const joined = tf.concat([source, tf.concat([controlled, ...rest], -2)], 0);
        return options.mapWeights ? options.mapWeights(joined) : joined;
      },
    });
}

/** The target's maps [n, heads, rows, image + text]. */
function edited(
  edit: PromptEdit,
  [source, target]: readonly [Tensor, Tensor],
  { image, text, cross, self }: { image: number; text: number; cross: boolean; self: boolean },
): Tensor {
  if (text === 0) return self ? source : target;
  if (image === 0) return cross ? weighted(edit, overText(edit, source, target)) : target;
  if (!cross && !self) return target;
  const [ofImage, ofText] = [0, image].map((begin, i) => {
    const size = i === 0 ? image : text;
    return [cut(source, -1, begin, size), cut(target, -1, begin, size)] as const;
  }) as [readonly [Tensor, Tensor], readonly [Tensor, Tensor]];
  const told = cross ? overText(edit, ...ofText) : ofText[1];
  const seen = ofImage[self ? 0 : 1];
  const share = tf.relu(tf.sub(1, tf.sum(told, -1, true)));
  const scaled = tf.mul(seen, tf.div(share, tf.add(tf.sum(seen, -1, true), 1e-12)));
  return tf.concat([scaled, cross ? weighted(edit, told) : told], -1);
}

function overText({ matrix, taken }: PromptEdit, source: Tensor, target: Tensor): Tensor {
  const handed = tf.tensor2d(Float32Array.from(matrix.data), [matrix.shape[0]!, matrix.shape[1]!]);
  const share = tf.tensor1d(Float32Array.from(taken));
  const places = source.shape.at(-1)!;
  const moved = tf.reshape(tf.matMul(tf.reshape(source, [-1, places]), handed), source.shape);
  return tf.add(tf.mul(moved, share), tf.mul(target, tf.sub(1, share)));
}

function weighted({ weights }: PromptEdit, maps: Tensor): Tensor {
  return tf.mul(maps, tf.tensor1d(Float32Array.from(weights)));
}

function cut(x: Tensor, axis: -1 | -2, begin: number, count: number): Tensor {
  const at = x.rank + axis;
  if (count === x.shape[at]) return x;
  return tf.slice(
    x,
    x.shape.map((_, i) => (i === at ? begin : 0)),
    x.shape.map((each, i) => (i === at ? count : each)),
  );
}
