import {
  glorotUniform,
  normalInit,
  onesInit,
  zerosInit,
  type Initializer,
  type LinearParams,
  type NormParams,
  type Tensor,
} from '@lab/tensor-core';
import type { Stored, Weight } from '../weights/weight';

type Affine = Required<LinearParams>;
type Norm = Required<NormParams>;

export type SentenceLayerParams = {
  readonly norm: Norm;
  readonly query: Affine;
  readonly key: Affine;
  readonly value: Affine;
  readonly output: Affine;
  /** Widens the residual path, in the first layer alone. */
  readonly residual?: Affine;
  readonly feedForward: { readonly norm: Norm; readonly inner: Affine; readonly outer: Affine };
};

export type SentenceEncoderParams = {
  readonly embeddings: { readonly weight: Tensor };
  readonly layers: Readonly<Record<0 | 1, SentenceLayerParams>>;
  readonly head: Affine;
};

/** Sizes of the published network. */
export const sizes = {
  tokens: 8002,
  /** Widths before the first layer, after it, and after the second. */
  widths: [256, 512, 512],
  heads: 4,
  inner: 1536,
  outputs: 512,
} as const;

const applied = 'module_apply_default/Encoder_en/KonaTransformer/Encode';
const owned = 'module/Encoder_en';
const parts = 'ConcatPartitions/concat';

/** All weights under the names of the graph model's arrays. */
export function sentenceEncoderWeights(): Weight[] {
  const { tokens, widths, outputs } = sizes;
  return [
    weight(
      'embeddings.weight',
      [tokens, widths[0]],
      { name: 'module/Embeddings_en' },
      normalInit(widths[0] ** -0.5),
    ),
    ...([0, 1] as const).flatMap((i) => layerWeights(i, widths[i], widths[i + 1]!)),
    weight('head.weight', [widths[2], outputs], { name: `${owned}/hidden_layers/tanh_layer_0/weights` }),
    weight('head.bias', [outputs], { name: `${owned}/hidden_layers/tanh_layer_0/bias` }),
  ];
}

function layerWeights(i: number, inputs: number, outputs: number): Weight[] {
  const at = `layers.${i}`;
  const layer = `Layer_${i}/TransformerLayer`;
  const [constants, kernels] = [`${applied}/${layer}`, `${owned}/KonaTransformer/Encode/${layer}`];
  const { inner } = sizes;
  const qkv = ['query', 'key', 'value'].flatMap((name, index) => {
    const part = { index, of: 3 };
    return [
      weight(`${at}.${name}.weight`, [inputs, inputs], {
        name: `${kernels}/MultiheadAttention/qkv_transform_single/kernel/part_0`,
        shape: [1, 1, inputs, 3 * inputs],
        part,
      }),
      weight(`${at}.${name}.bias`, [inputs], {
        name: `${constants}/MultiheadAttention/qkv_transform_single/bias/${parts}`,
        part,
      }),
    ];
  });
  const ffn = (name: string): string =>
    `${applied}/TransformerStack/${layer}/FFN/${name}/Tensordot/Reshape_1`;
  return [
    ...normWeights(`${at}.norm`, `${constants}/layer_prepostprocess`, inputs),
    ...qkv,
    weight(`${at}.output.weight`, [inputs, outputs], {
      name: `${kernels}/MultiheadAttention/output_transform_single/kernel/part_0`,
      shape: [1, 1, inputs, outputs],
    }),
    weight(`${at}.output.bias`, [outputs], {
      name: `${constants}/MultiheadAttention/output_transform_single/bias/${parts}`,
    }),
    ...(inputs === outputs
      ? []
      : [
          weight(`${at}.residual.weight`, [inputs, outputs], { name: `${constants}/dense/kernel/${parts}` }),
          weight(`${at}.residual.bias`, [outputs], { name: `${constants}/dense/bias/${parts}` }),
        ]),
    ...normWeights(`${at}.feedForward.norm`, `${constants}/FFN/layer_prepostprocess`, outputs),
    weight(`${at}.feedForward.inner.weight`, [outputs, inner], { name: ffn('conv1') }),
    weight(`${at}.feedForward.inner.bias`, [inner], { name: `${constants}/FFN/conv1/bias/${parts}` }),
    weight(`${at}.feedForward.outer.weight`, [inner, outputs], { name: ffn('conv2') }),
    weight(`${at}.feedForward.outer.bias`, [outputs], { name: `${constants}/FFN/conv2/bias/${parts}` }),
  ];
}

function normWeights(path: string, scope: string, size: number): Weight[] {
  const name = (part: string): string => `${scope}/layer_norm/layer_norm_${part}/${parts}`;
  return [
    weight(`${path}.scale`, [size], { name: name('scale') }, onesInit),
    weight(`${path}.bias`, [size], { name: name('bias') }),
  ];
}

function weight(
  path: string,
  shape: readonly number[],
  stored: Stored,
  init: Initializer = shape.length > 1 ? glorotUniform : zerosInit,
): Weight {
  return { path, shape, stored, init };
}
