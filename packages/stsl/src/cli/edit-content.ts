import type { Control } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Autoencoder } from '../autoencoders';
import { contentPull, patchContrast, type FeatureExtractor } from '../editing';
import type { LatentModel } from '../problems';
import { decodeImages } from '../stsl';

/** The pull to what is seen of clean latents, by steps of this share of the state's length. */
export async function contentOf(
  clean: Tensor,
  model: LatentModel,
  how: { readonly features: FeatureExtractor; readonly share: number },
): Promise<Control> {
  const source = tf.tidy(() => model.autoencoder.decode(clean));
  try {
    return await contentPull({ ...model, ...how, source });
  } finally {
    source.dispose();
  }
}

/** How far the places of one image are from being recognised among those of another, both given as latents. */
export async function contrastOf(
  found: Tensor,
  source: Tensor,
  { autoencoder, features }: { readonly autoencoder: Autoencoder; readonly features: FeatureExtractor },
): Promise<number> {
  const images = [found, source].map((latents) => decodeImages(autoencoder, latents)) as [Tensor, Tensor];
  const contrast = tf.tidy(() => patchContrast(features(images[0]), features(images[1])));
  const [value] = await contrast.data();
  tf.dispose([contrast, ...images]);
  return Number(value!.toFixed(4));
}
