import { disposeTree, tf, type Tensor } from '@lab/tensor-core';
import { loadWeights, taef2Decoder, taef2Encoder } from '@lab/models/taef2';
import type { Autoencoder } from '../autoencoders';

export interface Taef2Files {
  /** Content of `taef2_encoder.safetensors`. */
  readonly encoder: Uint8Array;
  /** Content of `taef2_decoder.safetensors`. */
  readonly decoder: Uint8Array;
}

/** An autoencoder that holds weights until it is disposed of. */
export interface LoadedAutoencoder extends Autoencoder {
  dispose(): void;
}

/**
 * TAEF2, the tiny autoencoder of the FLUX.2 latent space, on images [B, H, W, 3] in [-1, 1] whose sides are multiples of 8; latents are
 * [B, H / 8, W / 8, 32].
 *
 * @throws LabError `format` for files of other networks
 */
export function taef2Autoencoder(files: Taef2Files): LoadedAutoencoder {
  const [encoder, decoder] = [taef2Encoder(), taef2Decoder()];
  const weights = {
    encoder: loadWeights(encoder, files.encoder),
    decoder: loadWeights(decoder, files.decoder),
  };
  return {
    encode: (images) => tf.tidy(() => encoder.apply(weights.encoder, tf.mul(tf.add(images, 1), 0.5))),
    decode: (latents) => tf.tidy(() => tf.sub<Tensor>(tf.mul(decoder.apply(weights.decoder, latents), 2), 1)),
    dispose: () => disposeTree(weights),
  };
}
