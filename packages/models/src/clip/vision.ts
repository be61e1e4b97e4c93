import { isAdaptedWeight, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { affine, convolution, layerNormed, table } from '../parts/layers';
import { compound } from '../parts/part';
import { assertTower, type ClipVisionConfig } from './config';
import { clipEncoder, draw, type ClipStates } from './layer';

/** What the vision tower computes. */
export interface ClipVisionStates extends ClipStates {
  /** The class token's last state, normalised: the image's features, [batch, width]. */
  readonly pooled: Tensor;
}

/** What the vision tower computes, and the image in the space that it shares with texts. */
export interface ClipVisionOutput extends ClipVisionStates {
  /** [batch, projection_dim], not normalised. */
  readonly embeds: Tensor;
}

/**
 * The vision tower (Dosovitskiy et al. 2021, in CLIP's form): pixels [batch, image_size, image_size, 3] that are already
 * normalised (see `clipPixels`).
 */
export function visionTower(config: ClipVisionConfig) {
  assertTower('vision_config', config);
  const { hidden_size: width, image_size: side, patch_size: size, num_channels: inputs = 3 } = config;
  if (side % size !== 0)
    throw new LabError('argument', 'clip: patch_size must divide image_size', {
      argument: 'vision_config',
      received: { image_size: side, patch_size: size },
    });
  const patches = (side / size) ** 2;
  const parts = {
    embeddings: {
      class_embedding: table([width], draw),
      patch_embedding: convolution({
        ...{ inputs, outputs: width, size, stride: size, pad: [0, 0], bias: false, init: draw },
      }),
      position_embedding: { weight: table([patches + 1, width], draw) },
    },
    pre_layrnorm: layerNormed(width, config.layer_norm_eps),
    encoder: clipEncoder(config),
    post_layernorm: layerNormed(width, config.layer_norm_eps),
  };
  return compound(parts, (params, pixels: Tensor): ClipVisionStates => {
    if (pixels.shape.slice(1).join() !== [side, side, inputs].join())
      throw new LabError('shape', 'clip: the images have another shape', {
        argument: 'pixels',
        expected: ['batch', side, side, inputs],
        received: pixels.shape,
        hint: 'resize and crop them first, and put them through clipPixels',
      });
    const batch = pixels.shape[0];
    const { class_embedding, patch_embedding, position_embedding } = params.embeddings;
    const convolved = isAdaptedWeight(patch_embedding.weight)
      ? parts.embeddings.patch_embedding.apply(patch_embedding, pixels)
      : patchProduct(patch_embedding.weight, pixels);
    const seen = tf.reshape(convolved, [batch, patches, width]);
    const first = tf.add(tf.zeros([batch, 1, width]), class_embedding);
    const placed = tf.add(tf.concat([first, seen], 1), position_embedding.weight);
    const hidden = parts.encoder.apply(
      params.encoder,
      parts.pre_layrnorm.apply(params.pre_layrnorm, placed),
      {},
    );
    const summary = tf.reshape(tf.slice(hidden.at(-1)!, [0, 0, 0], [-1, 1, -1]), [batch, width]);
    return { hidden, pooled: parts.post_layernorm.apply(params.post_layernorm, summary) };
  });
}

/** The vision tower with its projection, as it stands in files of CLIP. */
export function projectedVision(config: ClipVisionConfig, outputs: number) {
  const parts = {
    vision_model: visionTower(config),
    visual_projection: affine({ inputs: config.hidden_size, outputs, bias: false, init: draw }),
  };
  return compound(parts, (params, pixels: Tensor): ClipVisionOutput => {
    const states = parts.vision_model.apply(params.vision_model, pixels);
    return { ...states, embeds: parts.visual_projection.apply(params.visual_projection, states.pooled) };
  });
}

/**
 * A convolution whose stride is its size, as the matrix product that it is: on WebAssembly the gradient of a convolution
 * with a large stride takes hundreds of times as long.
 *
 * @param weight [size, size, channels, width]
 */
function patchProduct(weight: Tensor, pixels: Tensor): Tensor {
  const [size, , channels, width] = weight.shape as [number, number, number, number];
  const [batch, side] = pixels.shape as [number, number];
  const count = side / size;
  const cut = tf.reshape(pixels, [batch * count, size, count, size * channels]);
  const rows = tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [batch * count * count, size * size * channels]);
  return tf.matMul(rows, tf.reshape(weight, [size * size * channels, width]));
}
