import { gatherWeight, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { affine, layerNormed, table } from '../parts/layers';
import { compound } from '../parts/part';
import { assertTower, type ClipTextConfig } from './config';
import { clipEncoder, draw, type ClipStates } from './layer';

export interface ClipTexts {
  /** Tokens, int32 [batch, length]. */
  readonly ids: Tensor;
  /** 1 or true for tokens that may be seen, [batch, length]. @default all; a token never sees those after it */
  readonly mask?: Tensor | undefined;
}

/** What the text tower computes, without its projection. */
export interface ClipTextStates extends ClipStates {
  /** The last of them, normalised, [batch, length, width]: what Stable Diffusion reads. */
  readonly last: Tensor;
  /** That of the token that ends the text, [batch, width]. */
  readonly pooled: Tensor;
}

/** What the text tower computes. */
export interface ClipTextOutput extends ClipTextStates {
  /** The text in the space that it shares with images, [batch, projection_dim], not normalised. */
  readonly embeds: Tensor;
}

/** The text tower alone, as it stands in files of `CLIPTextModel`. */
export function plainText(config: ClipTextConfig) {
  assertTower('text_config', config);
  const { hidden_size: width, vocab_size: tokens, max_position_embeddings: longest } = config;
  const model = {
    embeddings: {
      token_embedding: { weight: table([tokens, width], draw) },
      position_embedding: { weight: table([longest, width], draw) },
    },
    encoder: clipEncoder(config),
    final_layer_norm: layerNormed(width, config.layer_norm_eps),
  };
  return compound({ text_model: model }, (params, { ids, mask }: ClipTexts): ClipTextStates => {
    assertTexts(config, { ids, mask });
    const [batch, length] = ids.shape as [number, number];
    const { embeddings, encoder, final_layer_norm } = params.text_model;
    const words = gatherWeight(ids, embeddings.token_embedding.weight);
    const places = gatherWeight(tf.range(0, length, 1, 'int32'), embeddings.position_embedding.weight);
    const hidden = model.encoder.apply(encoder, tf.add(words, places), {
      causal: true,
      mask: mask && tf.reshape(mask, [batch, 1, 1, length]),
    });
    const last = model.final_layer_norm.apply(final_layer_norm, hidden.at(-1)!);
    const ends = tf.oneHot(endOfText(ids, config.eos_token_id), length);
    const pooled = tf.sum(tf.mul(last, tf.expandDims(tf.cast(ends, 'float32'), 2)), 1);
    return { hidden, last, pooled };
  });
}

/** The text tower with its projection, as it stands in files of CLIP. */
export function projectedText(config: ClipTextConfig, outputs: number) {
  const tower = plainText(config);
  const projection = affine({ inputs: config.hidden_size, outputs, bias: false, init: draw });
  type Params = Parameters<typeof tower.apply>[0] & {
    readonly text_projection: Parameters<typeof projection.apply>[0];
  };
  return {
    weights: (at: string) => [
      ...tower.weights(at),
      ...projection.weights(at === '' ? 'text_projection' : `${at}.text_projection`),
    ],
    apply: (params: Params, texts: ClipTexts): ClipTextOutput => {
      const states = tower.apply(params, texts);
      return { ...states, embeds: projection.apply(params.text_projection, states.pooled) };
    },
  };
}

/** Where each text ends, int32 [batch]: at the first `eos`, or the first of the largest token (see `eos_token_id`). */
function endOfText(ids: Tensor, eos = 49407): Tensor {
  return tf.argMax(eos === 2 ? ids : tf.cast(tf.equal(ids, eos), 'int32'), 1);
}

function assertTexts({ max_position_embeddings: longest }: ClipTextConfig, { ids, mask }: ClipTexts): void {
  if (ids.rank !== 2 || ids.dtype !== 'int32' || ids.shape[1]! > longest)
    throw new LabError('shape', 'clip: ids are int32 [batch, length], no longer than there are positions', {
      argument: 'ids',
      expected: `int32 [batch, ${longest} at most]`,
      received: [ids.dtype, ids.shape],
    });
  if (mask && mask.shape.join() !== ids.shape.join())
    throw new LabError('shape', 'clip: mask has another shape than ids', {
      argument: 'mask',
      expected: ids.shape,
      received: mask.shape,
    });
}
