import { normalInit, onesInit, zerosInit, type LinearParams, type Tensor } from '@lab/tensor-core';
import type { NormWeights } from '../parts/layers';
import type { Weight } from '../weights/weight';
import type { RobertaConfig } from './config';

export type { NormWeights };

type Affine = Required<LinearParams>;

export type RobertaLayerParams = {
  readonly attention: {
    readonly self: { readonly query: Affine; readonly key: Affine; readonly value: Affine };
    readonly output: { readonly dense: Affine; readonly LayerNorm: NormWeights };
  };
  readonly intermediate: { readonly dense: Affine };
  readonly output: { readonly dense: Affine; readonly LayerNorm: NormWeights };
};

/** Parameters of the encoder: a weight's path is its published name, so that names in files and in adapters fit. */
export type RobertaParams = {
  readonly embeddings: {
    readonly word_embeddings: { readonly weight: Tensor };
    readonly position_embeddings: { readonly weight: Tensor };
    readonly token_type_embeddings: { readonly weight: Tensor };
    readonly LayerNorm: NormWeights;
  };
  readonly encoder: { readonly layer: Readonly<Record<number, RobertaLayerParams>> };
  /** Present where the architecture has it. */
  readonly pooler?: { readonly dense: Affine };
};

/** Weights under a published name, each a list to be joined. */
export interface WeightWriter {
  readonly linear: (name: string, inputs: number, outputs: number) => Weight[];
  readonly table: (name: string, count: number, width: number) => Weight[];
  readonly norm: (name: string, width: number) => Weight[];
  readonly bias: (name: string, size: number) => Weight[];
}

/** First values as in the published code: normal weights, biases of zero, norms that change nothing. */
export function weightWriter({ initializer_range }: Pick<RobertaConfig, 'initializer_range'>): WeightWriter {
  const draw = normalInit(initializer_range);
  const bias = (name: string, size: number): Weight[] => [
    { path: name, shape: [size], init: zerosInit, stored: { name } },
  ];
  const matrix = (name: string, shape: readonly number[], layout: 'same' | 'transposed'): Weight => ({
    path: `${name}.weight`,
    shape,
    init: draw,
    stored: { name: `${name}.weight`, layout },
  });
  return {
    bias,
    linear: (name, inputs, outputs) => [
      matrix(name, [inputs, outputs], 'transposed'),
      ...bias(`${name}.bias`, outputs),
    ],
    table: (name, count, width) => [matrix(name, [count, width], 'same')],
    norm: (name, width) => [
      { path: `${name}.weight`, shape: [width], init: onesInit, stored: { name: `${name}.weight` } },
      ...bias(`${name}.bias`, width),
    ],
  };
}

/** The encoder's weights, all names after `prefix`. */
export function encoderWeights(
  config: RobertaConfig,
  { prefix = '', pooler = false }: { readonly prefix?: string; readonly pooler?: boolean } = {},
): Weight[] {
  const { hidden_size: width, intermediate_size: inner } = config;
  const { linear, table, norm } = weightWriter(config);
  const at = (name: string): string => `${prefix}${name}`;
  const layer = (i: number): Weight[] => {
    const inLayer = (name: string): string => at(`encoder.layer.${i}.${name}`);
    return [
      ...['query', 'key', 'value'].flatMap((name) => linear(inLayer(`attention.self.${name}`), width, width)),
      ...linear(inLayer('attention.output.dense'), width, width),
      ...norm(inLayer('attention.output.LayerNorm'), width),
      ...linear(inLayer('intermediate.dense'), width, inner),
      ...linear(inLayer('output.dense'), inner, width),
      ...norm(inLayer('output.LayerNorm'), width),
    ];
  };
  return [
    ...table(at('embeddings.word_embeddings'), config.vocab_size, width),
    ...table(at('embeddings.token_type_embeddings'), config.type_vocab_size, width),
    ...norm(at('embeddings.LayerNorm'), width),
    ...table(at('embeddings.position_embeddings'), config.max_position_embeddings, width),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => layer(i)).flat(),
    ...(pooler ? linear(at('pooler.dense'), width, width) : []),
  ];
}
