import { linear, normalInit, silu, tf, type LinearParams, type Module, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { split, type Key } from '@lab/tensor-core/random';

/**
 * What is known about each series. A field is constant over the series, [B, fields], or varies with time,
 * [B, L, fields].
 */
export interface Metadata {
  /** Category numbers, each in [0, categories of its field). */
  readonly categorical?: Tensor;
  /** Standardised values. */
  readonly continuous?: Tensor;
  /** [B] of 1 (use it) and 0 (withhold it, as classifier-free guidance trains for). All ones when absent. */
  readonly present?: Tensor;
}

export interface MetadataOptions {
  /** Number of categories of each categorical field. @default [] */
  readonly categories?: readonly number[];
  /** Number of continuous fields. @default 0 */
  readonly continuous?: number;
}

export interface MetadataParams {
  readonly fields: LinearParams;
  readonly mix: LinearParams;
}

/**
 * Embeds metadata: every categorical field by its table, continuous fields by one affine map, their sum mixed by a
 * layer; withheld or absent metadata embed to zero. Output [B, width], or [B, L, width] for fields over time.
 *
 * TIME WEAVER (Narasimhan et al. 2024) mixes its tokens by self-attention; one affine layer is what a CPU affords, and
 * the tables of all fields are one matrix applied to concatenated one-hots.
 */
export function metadataEmbedding(
  { categories = [], continuous = 0 }: MetadataOptions,
  width: number,
): Module<MetadataParams, [metadata: Metadata]> {
  const inputs = categories.reduce((sum, count) => sum + count, 0) + continuous;
  if (inputs === 0)
    throw new LabError('argument', 'metadata need at least one field', {
      argument: 'metadata',
      expected: 'categories: [number of categories, ...] or continuous: number of fields',
    });
  const fields = linear({
    inputs,
    outputs: width,
    init: normalInit(1 / Math.sqrt(categories.length + continuous)),
  });
  const mix = linear({ inputs: width, outputs: width });
  return {
    init(key: Key) {
      const [fieldsKey, mixKey] = split(key) as [Key, Key];
      return { fields: fields.init(fieldsKey), mix: mix.init(mixKey) };
    },
    apply(params, metadata) {
      const parts: Tensor[] = [];
      categories.forEach((count, field) => {
        const given = fieldsOf(metadata, 'categorical', categories.length);
        const begin = [...given.shape.map(() => 0).slice(1), field];
        const size = [...given.shape.slice(0, -1), 1];
        const column = tf.reshape(tf.slice(given, begin, size), given.shape.slice(0, -1));
        parts.push(tf.cast(tf.oneHot(tf.cast(column, 'int32'), count), 'float32'));
      });
      if (continuous > 0) parts.push(fieldsOf(metadata, 'continuous', continuous));
      const embedded = mix.apply(params.mix, silu(fields.apply(params.fields, tf.concat(parts, -1))));
      const { present } = metadata;
      if (present === undefined) return embedded;
      return tf.mul(embedded, tf.reshape(present, [-1, ...embedded.shape.slice(1).map(() => 1)]));
    },
  };
}

function fieldsOf(metadata: Metadata, name: 'categorical' | 'continuous', fields: number): Tensor {
  const given = metadata[name];
  const rank = given?.shape.length;
  if (given === undefined || (rank !== 2 && rank !== 3) || given.shape[rank - 1] !== fields)
    throw new LabError('shape', `the network was made for ${fields} ${name} metadata fields`, {
      argument: `condition.${name}`,
      expected: `[batch, ${fields}] or [batch, length, ${fields}]`,
      received: given?.shape ?? 'nothing',
    });
  return given;
}
