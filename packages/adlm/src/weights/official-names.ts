import type { TokenTransformerOptions } from '@lab/diffusion-core/discrete';

/** One parameter under both names. */
export interface NamedParameter {
  /** In the official release, without the prefix of its network. */
  readonly official: string;
  /** In our tree, dotted. */
  readonly path: string;
  /** As it lies in our tree; linear weights lie the other way round in the official release. */
  readonly shape: readonly number[];
  readonly transposed: boolean;
}

/** The parameters of one transformer in the order in which the official release registers them, which its averages follow. */
export function officialParameters({
  vocabSize: V,
  width: d,
  blocks,
  conditionWidth: c = 128,
  input = 'tokens',
}: TokenTransformerOptions): NamedParameter[] {
  const vector = (official: string, path: string, size: number): NamedParameter => ({
    official,
    path,
    shape: [size],
    transposed: false,
  });
  const matrix = (official: string, path: string, shape: readonly number[]): NamedParameter => ({
    official,
    path,
    shape,
    transposed: true,
  });
  const affine = (official: string, path: string, shape: readonly [number, number]): NamedParameter[] => [
    matrix(`${official}.weight`, `${path}.weight`, shape),
    vector(`${official}.bias`, `${path}.bias`, shape[1]),
  ];
  const modulation = (official: string, path: string, parts: number): NamedParameter[] =>
    c === false ? [] : affine(`${official}.adaLN_modulation`, `${path}.modulation`, [c, parts * d]);
  const embedding =
    input === 'rows'
      ? affine('vocab_embed.0', 'input', [V, d])
      : [{ ...matrix('vocab_embed.embedding', 'input.weight', [V, d]), transposed: false }];
  const noise =
    c === false
      ? []
      : [
          ...affine('sigma_map.mlp.0', 'noise.first', [256, c]),
          ...affine('sigma_map.mlp.2', 'noise.second', [c, c]),
        ];
  const block = (i: number): NamedParameter[] => {
    const [from, to] = [`blocks.${i}`, `blocks.${i}`];
    return [
      vector(`${from}.norm1.weight`, `${to}.attentionNorm.scale`, d),
      matrix(`${from}.attn_qkv.weight`, `${to}.queryKeyValue.weight`, [d, 3 * d]),
      matrix(`${from}.attn_out.weight`, `${to}.attentionOutput.weight`, [d, d]),
      vector(`${from}.norm2.weight`, `${to}.feedForwardNorm.scale`, d),
      ...affine(`${from}.mlp.0`, `${to}.up`, [d, 4 * d]),
      ...affine(`${from}.mlp.2`, `${to}.down`, [4 * d, d]),
      ...modulation(from, to, 6),
    ];
  };
  return [
    ...embedding,
    ...noise,
    ...Array.from({ length: blocks }, (_, i) => block(i)).flat(),
    vector('output_layer.norm_final.weight', 'output.norm.scale', d),
    ...affine('output_layer.linear', 'output.linear', [d, V]),
    ...modulation('output_layer', 'output', 2),
  ];
}
