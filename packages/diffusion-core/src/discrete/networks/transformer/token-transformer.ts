import {
  embedding,
  layerNorm,
  linear,
  silu,
  tf,
  tidyTree,
  uniformInit,
  zerosInit,
  type LinearParams,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { assertWithin } from '../../validate';
import { assertAsked, placesOf, sequencesOf } from './asked';
import { modulated, transformerBlock, type BlockInputs } from './block';
import { joint } from './folding';
import { uniformByInputs } from './initial';
import { placesFrom, recalling } from './recalling';
import type {
  KeyValues,
  TokenTransformer,
  TokenTransformerOptions,
  TokenTransformerParams,
  TransformerInputs,
} from './types';

/**
 * The transformer of masked diffusion language models: rotary positions and no others, attention of all to all (or
 * causal), and in each block a scale, a shift and a gate that depend on the noise level and start at 0, so that an
 * untrained network gives all real tokens the same probability (Peebles & Xie 2023; Sahoo et al. 2024, appendix C).
 *
 * @throws LabError `argument` for sizes that do not fit
 * @example
 * const network = tokenTransformer({ vocabSize: 28, width: 64, heads: 4, blocks: 4 });
 * const logits = network.apply(network.init(key(0)), tokens); // [B, L, 28]
 */
export function tokenTransformer(options: TokenTransformerOptions): TokenTransformer {
  const { vocabSize, width, heads, blocks, conditionWidth = 128, dropout = 0, input = 'tokens' } = options;
  const { rowSize = vocabSize } = options;
  assertSizes(options);
  assertWithin('dropout', dropout, [0, 1 - 1e-9]);
  const fromIds = embedding({ count: vocabSize, width, init: uniformInit(1 / Math.sqrt(width)) });
  const fromRows = linear({ inputs: rowSize, outputs: width, init: uniformByInputs });
  const block = transformerBlock({ ...options, conditionWidth });
  const norm = layerNorm({ size: width, bias: false });
  const head = linear({ inputs: width, outputs: vocabSize, init: zerosInit });
  const noise = conditionWidth === false ? undefined : noiseEmbedding(conditionWidth);
  const modulation =
    conditionWidth === false
      ? undefined
      : linear({ inputs: conditionWidth, outputs: 2 * width, init: zerosInit });

  const embedded = (params: LinearParams, x: Tensor, { replacement }: TransformerInputs): Tensor => {
    if (input === 'rows') return fromRows.apply(params, x);
    const own = fromIds.apply(params, x);
    if (!replacement) return own;
    const replaced = tf.expandDims(replacement.replaced, -1);
    return tf.add(tf.mul(own, tf.sub(1, replaced)), tf.mul(replacement.vectors, replaced));
  };
  const states = (
    params: TokenTransformerParams,
    x: Tensor,
    { asked, ...inputs }: TransformerInputs & Pick<BlockInputs, 'places'>,
    recall?: (block: number) => BlockInputs['recall'],
  ): Tensor => {
    if (asked) assertAsked(asked);
    const condition = noise && params.noise && noise.apply(params.noise, inputs.totalNoise);
    let state = embedded(params.input, x, inputs);
    params.blocks.forEach((weights, index) => {
      const dropoutKey = inputs.dropoutKey && dropout > 0 ? foldIn(inputs.dropoutKey, index) : undefined;
      const isLast = index === params.blocks.length - 1;
      state = block.apply(weights, state, {
        ...inputs,
        condition,
        dropoutKey,
        recall: recall?.(index),
        ...(isLast && { asked }),
      });
    });
    if (asked && params.blocks.length === 0) state = placesOf(state, asked);
    if (!condition || !modulation || !params.output.modulation) return norm.apply(params.output.norm, state);
    const own = asked ? sequencesOf(condition, asked, x.shape[1]!) : condition;
    const [shift, scale] = tf.split(modulation.apply(params.output.modulation, own), 2, -1) as [
      Tensor,
      Tensor,
    ];
    return modulated(norm.apply({}, state), shift, joint(params.output.norm.scale, scale));
  };
  const features: TokenTransformer['features'] = (params, x, inputs = {}) =>
    tf.tidy(() => states(params, x, inputs));
  const toLogits: TokenTransformer['head'] = (params, state) => head.apply(params.output.linear, state);

  return {
    options,
    init(key) {
      const [inputKey, noiseKey, blockKey] = [0, 1, 2].map((i) => foldIn(key, i)) as [Key, Key, Key];
      return {
        input: input === 'tokens' ? fromIds.init(inputKey) : fromRows.init(inputKey),
        ...(noise && { noise: noise.init(noiseKey) }),
        blocks: Array.from({ length: blocks }, (_, i) => block.init(foldIn(blockKey, i))),
        output: {
          norm: norm.init(key),
          ...(modulation && { modulation: modulation.init(key) }),
          linear: head.init(key),
        },
      };
    },
    features,
    step: (params, x, { cache, place }) => {
      const count = x.shape[1]!;
      if (cache.length !== blocks || (options.causal && count !== 1))
        throw new LabError(
          'argument',
          'a transformer goes on from a cache of its own blocks, a causal one by one place',
          {
            argument: 'cache',
            expected: `${blocks} blocks`,
            received: `${cache.length} blocks, ${count} places`,
          },
        );
      return tidyTree(() => {
        const next: KeyValues[] = [];
        const places = placesFrom(place, count);
        const state = states(params, x, { places }, (index) => recalling(cache[index]!, place, next));
        return { logits: toLogits(params, state), cache: next };
      });
    },
    emptyCache: (batch, length) =>
      Array.from({ length: blocks }, () => {
        const shape = [batch, heads, length, width / heads];
        return { keys: tf.zeros(shape), values: tf.zeros(shape) };
      }),
    head: toLogits,
    apply: (params, x, inputs) => tf.tidy(() => toLogits(params, features(params, x, inputs))),
  };
}

/** The number of trained values, without making them. */
export function transformerSize({
  vocabSize: V,
  width: d,
  blocks: n,
  conditionWidth: c = 128,
  input = 'tokens',
  rowSize = V,
}: TokenTransformerOptions): number {
  const condition = c === false ? 0 : 257 * c + c * c + c + (6 * n + 2) * d * (c + 1);
  const blocks = n * (12 * d * d + 7 * d);
  const uptake = input === 'rows' ? rowSize * d + d : V * d;
  return uptake + blocks + d + (d * V + V) + condition;
}

/** Cosines and sines of the noise level, then two layers: [B] to [B, width]; no level is level 0. */
function noiseEmbedding(width: number) {
  const first = linear({ inputs: 256, outputs: width, init: uniformByInputs });
  const second = linear({ inputs: width, outputs: width, init: uniformByInputs });
  const frequencies = Float32Array.from({ length: 128 }, (_, i) => 10_000 ** (-i / 128));
  return {
    init: (key: Key): NonNullable<TokenTransformerParams['noise']> => ({
      first: first.init(foldIn(key, 0)),
      second: second.init(foldIn(key, 1)),
    }),
    apply(params: NonNullable<TokenTransformerParams['noise']>, totalNoise: Tensor = tf.zeros([1])): Tensor {
      const angles = tf.mul(tf.reshape(totalNoise, [totalNoise.size, 1]), tf.tensor1d(frequencies));
      const waves = tf.concat([tf.cos(angles), tf.sin(angles)], -1);
      return silu(second.apply(params.second, silu(first.apply(params.first, waves))));
    },
  };
}

function assertSizes({ vocabSize, width, heads, blocks }: TokenTransformerOptions): void {
  const sizes = { vocabSize, width, heads };
  const isWhole = Object.values(sizes).every((size) => Number.isInteger(size) && size > 0);
  if (!isWhole || !Number.isInteger(blocks) || blocks < 0 || width % (2 * heads) !== 0)
    throw new LabError(
      'argument',
      'a token transformer has whole sizes, its width a multiple of twice its heads',
      {
        received: { ...sizes, blocks },
      },
    );
}
