import { join } from 'node:path';
import { parseJson, readBytes, readText } from '@lab/experiment/cli';
import { loadWeights } from '@lab/models';
import { clipPixels, clipVision } from '@lab/models/clip';
import { disposeTree, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import * as z from 'zod';
import type { FeatureExtractor } from '../editing';

const count = z.number().int().positive();
const visionSchema = z.looseObject({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  image_size: count,
  patch_size: count,
});
const clipSchema = z.looseObject({ vision_config: visionSchema, projection_dim: count });
const towerSchema = visionSchema.extend({ projection_dim: count });

/**
 * What CLIP's vision tower sees at each patch of images [B, H, W, 3] in [-1, 1]: the last layer's states without the class token.
 * The folder is in the layout of transformers, with the whole of CLIP or its vision tower with the projection.
 *
 * @throws LabError `missing` or `format` when the folder holds neither
 */
export async function contentFeatures(
  cwd: string,
  folder: string,
): Promise<{ readonly features: FeatureExtractor; dispose(): void }> {
  const config = parseJson((await readText(cwd, join(folder, 'config.json'))).text);
  const [whole, tower] = [clipSchema.safeParse(config), towerSchema.safeParse(config)];
  if (!whole.success && !tower.success)
    throw new LabError('format', `${folder}/config.json describes no vision tower of CLIP`, {
      argument: '--content',
      expected: 'vision_config and projection_dim, as in files of CLIPModel or CLIPVisionModelWithProjection',
    });
  const sizes = whole.success
    ? whole.data
    : { vision_config: tower.data!, projection_dim: tower.data!.projection_dim };
  const network = clipVision(sizes);
  const params = loadWeights(network, await readBytes(cwd, join(folder, 'model.safetensors')));
  const side = sizes.vision_config.image_size;
  return {
    features: (images: Tensor) =>
      tf.tidy(() => {
        const resized = tf.image.resizeBilinear(images as tf.Tensor4D, [side, side], false, true);
        const { hidden } = network.apply(params, clipPixels(tf.div(tf.add(resized, 1), 2)));
        return tf.slice(hidden.at(-1)!, [0, 1, 0], [-1, -1, -1]);
      }),
    dispose: () => disposeTree(params),
  };
}
