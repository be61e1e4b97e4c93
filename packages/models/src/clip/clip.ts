import { tf, type Initializer, type Tensor } from '@lab/tensor-core';
import { table } from '../parts/layers';
import { compound, networkOf, type NetworkParams } from '../parts/part';
import type { Architecture } from '../weights/architecture';
import { clipLarge, type ClipConfig, type ClipTextConfig } from './config';
import { plainText, projectedText, type ClipTextOutput, type ClipTexts, type ClipTextStates } from './text';
import { projectedVision, type ClipVisionOutput } from './vision';

/** Names that old files have besides the weights. */
const buffers = /\.position_ids$/;

export interface ClipInputs extends ClipTexts {
  /** Images as `clipPixels` gives them, [images, image_size, image_size, 3]. */
  readonly pixels: Tensor;
}

export interface ClipOutput {
  readonly text: ClipTextOutput;
  readonly image: ClipVisionOutput;
  /** Cosine similarities times the learnt `exp(logit_scale)`, [images, texts]. */
  readonly logits: Tensor;
}

/**
 * CLIP (Radford et al. 2021), both towers, under the names of Hugging Face's `CLIPModel`.
 *
 * @example
 * const network = clip(clipBase);
 * const params = loadWeights(network, await readFile('model.safetensors'));
 * const { logits } = network.apply(params, { pixels: clipPixels(images), ids });
 */
export function clip(
  config: ClipConfig = clipLarge,
): Architecture<NetworkParams, [inputs: ClipInputs], ClipOutput> {
  const [text, vision] = [
    projectedText(config.text_config, config.projection_dim),
    projectedVision(config.vision_config, config.projection_dim),
  ];
  const scale = table([], published);
  const all = {
    weights: (at: string) => [
      ...text.weights(at),
      ...vision.weights(at),
      ...compound({ logit_scale: scale }, () => undefined).weights(at),
    ],
    apply: (params: NetworkParams, { pixels, ...texts }: ClipInputs): ClipOutput => {
      const read = text.apply(params as never, texts);
      const seen = vision.apply(params as never, pixels);
      const cosines = tf.matMul(unit(seen.embeds), unit(read.embeds), false, true);
      return { text: read, image: seen, logits: tf.mul(cosines, tf.exp(params.logit_scale as Tensor)) };
    },
  };
  return networkOf(all, buffers);
}

/** CLIP's vision tower and projection alone. A file of the whole of CLIP serves it too. */
export function clipVision({
  vision_config,
  projection_dim,
}: Omit<ClipConfig, 'text_config'> = clipLarge): Architecture<
  NetworkParams,
  [pixels: Tensor],
  ClipVisionOutput
> {
  return networkOf(projectedVision(vision_config, projection_dim), /\.position_ids$|^text_|^logit_scale$/);
}

/** CLIP's text tower and projection alone. A file of the whole of CLIP serves it too. */
export function clipText({
  text_config,
  projection_dim,
}: Omit<ClipConfig, 'vision_config'> = clipLarge): Architecture<
  NetworkParams,
  [texts: ClipTexts],
  ClipTextOutput
> {
  return networkOf(
    projectedText(text_config, projection_dim),
    /\.position_ids$|^vision_|^visual_|^logit_scale$/,
  );
}

/**
 * CLIP's text tower without its projection, under the names of Hugging Face's `CLIPTextModel`: what Stable Diffusion reads a text
 * with. A file of the whole of CLIP serves it too.
 *
 * @example
 * const tower = clipTextStates(config);
 * const { last } = tower.apply(loadWeights(tower, await readFile('text_encoder/model.safetensors')), { ids });
 */
export function clipTextStates(
  config: ClipTextConfig = clipLarge.text_config,
): Architecture<NetworkParams, [texts: ClipTexts], ClipTextStates> {
  return networkOf(plainText(config), /\.position_ids$|^vision_|^visual_|^text_projection\.|^logit_scale$/);
}

/** Rows of length 1. */
export function unit(x: Tensor): Tensor {
  return tf.div(x, tf.norm(x, 2, 1, true));
}

/** log(1 / 0.07), which training starts from. */
const published: Initializer = () => tf.scalar(Math.log(1 / 0.07));
