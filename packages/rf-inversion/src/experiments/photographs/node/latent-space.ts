import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadWeights } from '@lab/models';
import { taef2Decoder, taef2Encoder } from '@lab/models/taef2';
import { toArray64 } from '@lab/diffusion-core';
import { disposeTree, engine, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** Photographs [1, h, w, 3] in [0, 1] to latents [1, h / f, w / f, c] and back, on the host. */
export interface LatentSpace {
  readonly name: string;
  encode(image: Array64): Promise<Array64>;
  /** Clipped to [0, 1]. */
  decode(latent: Array64): Promise<Array64>;
  dispose(): void;
}

/** TAEF2 where its files are in the data folder, otherwise pixels. */
export async function openLatentSpace(dataDir: string | undefined): Promise<LatentSpace> {
  await engine();
  return (dataDir === undefined ? undefined : await taef2(dataDir)) ?? pixels();
}

async function taef2(dataDir: string): Promise<LatentSpace | undefined> {
  const [encoder, decoder] = [taef2Encoder(), taef2Decoder()];
  const read = async (name: string): Promise<Uint8Array> =>
    new Uint8Array(await readFile(join(dataDir, name)));
  let files: readonly [Uint8Array, Uint8Array];
  try {
    files = [await read('taef2_encoder.safetensors'), await read('taef2_decoder.safetensors')];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const params = { encoder: loadWeights(encoder, files[0]), decoder: loadWeights(decoder, files[1]) };
  return {
    name: 'TAEF2, the tiny autoencoder of FLUX.2',
    encode: (image) => mapped(image, (x) => encoder.apply(params.encoder, x)),
    decode: (latent) => mapped(latent, (z) => tf.clipByValue(decoder.apply(params.decoder, z), 0, 1)),
    dispose: () => disposeTree(params),
  };
}

/** The image in [-1, 1] is its own latent. */
function pixels(): LatentSpace {
  const each = async ({ shape, data }: Array64, map: (x: number) => number): Promise<Array64> => ({
    shape,
    data: data.map(map),
  });
  return {
    name: 'no autoencoder, pixels as they are',
    encode: (image) => each(image, (x) => 2 * x - 1),
    decode: (latent) => each(latent, (z) => Math.min(1, Math.max(0, (z + 1) / 2))),
    dispose: () => undefined,
  };
}

async function mapped({ shape, data }: Array64, map: (x: Tensor) => Tensor): Promise<Array64> {
  const made = tidyTree(() => map(tf.tensor(Float32Array.from(data), [...shape])));
  try {
    return await toArray64(made);
  } finally {
    made.dispose();
  }
}
