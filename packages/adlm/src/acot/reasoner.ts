import { tf, treeMapWithPath, type Key, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import {
  crossEntropy,
  tokenTransformer,
  transformerSize,
  type TokenTransformerOptions,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import type { ReasoningExample } from './example';

export interface ReasonerOptions extends Omit<
  TokenTransformerOptions,
  'input' | 'causal' | 'conditionWidth'
> {
  /**
   * What enters at a thought. `token`: the embedding of [ANT], in one pass. `continuous`: the last state of the place before,
   * one pass more a thought (Coconut). @default 'token'
   */
  readonly reading?: 'token' | 'continuous';
}

export interface ReasoningBatch {
  /** int32 [B, N] */
  readonly inputs: Tensor;
  readonly targets: Tensor;
  /** Of sum 1 over the labels that count, [B, N]. */
  readonly weights: Tensor;
  /** For each thought in turn, 1 where it stands, [thoughts, B, N]. */
  readonly thoughts: Tensor;
}

/** A causal transformer that reasons in thoughts. */
export interface Reasoner {
  readonly options: ReasonerOptions;
  readonly size: number;
  init(key: Key): TokenTransformerParams;
  batch(
    examples: readonly ReasoningExample[],
    options: { readonly length: number; readonly padding: number },
  ): ReasoningBatch;
  loss(params: TokenTransformerParams, batch: ReasoningBatch): Tensor;
  /** Logits [B, N, vocabSize] of the id after each input; `thoughts` as in a batch. */
  nextLogits(params: TokenTransformerParams, inputs: Tensor, thoughts: Tensor): Tensor;
}

export function reasoner(options: ReasonerOptions): Reasoner {
  const { reading = 'token', ...rest } = options;
  const sizes: TokenTransformerOptions = { ...rest, causal: true, conditionWidth: false };
  const network = tokenTransformer(sizes);

  const nextLogits: Reasoner['nextLogits'] = (params, inputs, thoughts) =>
    tf.tidy(() => {
      const count = thoughts.shape[0];
      if (reading === 'token' || count === 0) return network.apply(params, inputs);
      const [batch, places] = inputs.shape as [number, number];
      let vectors: Tensor = tf.zeros([batch, places, sizes.width]);
      let replaced: Tensor = tf.zeros([batch, places]);
      for (const here of tf.unstack(thoughts)) {
        const states = network.features(params, inputs, { replacement: { vectors, replaced } });
        const before = tf.concat(
          [tf.zeros([batch, 1, sizes.width]), tf.slice(states, [0, 0, 0], [-1, places - 1, -1])],
          1,
        );
        vectors = tf.add(vectors, tf.mul(before, tf.expandDims(here, -1)));
        replaced = tf.add(replaced, here);
      }
      return network.apply(params, inputs, { replacement: { vectors, replaced } });
    });

  return {
    options,
    size: transformerSize(sizes),
    init: (key) => network.init(key),
    nextLogits,
    batch(examples, { length, padding }) {
      const [batch, places] = [examples.length, length - 1];
      const inputs = new Int32Array(batch * places).fill(padding);
      const targets = new Int32Array(batch * places);
      const weights = new Float32Array(batch * places);
      let total = 0;
      for (const [row, { ids, labels }] of examples.entries()) {
        if (ids.length > length)
          throw new LabError('argument', 'an example is longer than the sequences of the batch', {
            argument: 'length',
            expected: `at least ${ids.length}`,
            received: length,
          });
        inputs.set(ids.subarray(0, Math.min(ids.length, places)), row * places);
        for (let i = 1; i < labels.length; i++) {
          if (labels[i]! < 0) continue;
          targets[row * places + i - 1] = labels[i]!;
          weights[row * places + i - 1] = 1;
          total += 1;
        }
      }
      if (total === 0)
        throw new LabError('argument', 'no label of the examples counts', { argument: 'examples' });
      return {
        inputs: tf.tensor2d(inputs, [batch, places], 'int32'),
        targets: tf.tensor2d(targets, [batch, places], 'int32'),
        weights: tf.tensor2d(
          weights.map((each) => each / total),
          [batch, places],
        ),
        thoughts: thoughtMasks(examples, places),
      };
    },
    loss: (params, { inputs, targets, weights, thoughts }) =>
      tf.sum(tf.mul(weights, crossEntropy(nextLogits(params, inputs, thoughts), targets))),
  };
}

/** For each thought in turn, 1 where it stands in each example: [thoughts, B, places]. */
export function thoughtMasks(
  examples: readonly Pick<ReasoningExample, 'thoughtPlaces'>[],
  places: number,
): Tensor {
  const count = Math.max(0, ...examples.map(({ thoughtPlaces }) => thoughtPlaces.length));
  const masks = new Float32Array(count * examples.length * places);
  for (const [row, { thoughtPlaces }] of examples.entries())
    for (const [i, place] of thoughtPlaces.entries()) masks[(i * examples.length + row) * places + place] = 1;
  return tf.tensor3d(masks, [count, examples.length, places]);
}

/**
 * Weights whose new ids start as a known one, in the embedding and in the head: new tensors for both, the others shared
 * with those given, which stay the caller's.
 */
export function copyToken(
  params: TokenTransformerParams,
  { from, to }: { readonly from: number; readonly to: readonly number[] },
): TokenTransformerParams {
  const axisOf: Readonly<Record<string, number>> = {
    'input.weight': 0,
    'output.linear.weight': 1,
    'output.linear.bias': 0,
  };
  return treeMapWithPath<Tensor, Tensor, TokenTransformerParams>((path, leaf) => {
    const axis = axisOf[path];
    if (axis === undefined) return tf.clone(leaf);
    return tf.tidy(() => {
      const order = Int32Array.from({ length: leaf.shape[axis]! }, (_, id) => (to.includes(id) ? from : id));
      return tf.gather(leaf, tf.tensor1d(order, 'int32'), axis);
    });
  }, params);
}
