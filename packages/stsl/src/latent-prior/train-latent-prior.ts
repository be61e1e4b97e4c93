import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';
import {
  arrayData,
  fromArray64,
  imageUnet,
  linearBetas,
  signalLevels,
  signalLevelSchedule,
  toArray64,
  trainDenoiser,
  type ImageUnetParams,
  type Schedule,
} from '@lab/diffusion-core';
import type { Autoencoder } from '../autoencoders';
import { channelMoments, standardised, type ChannelMoments } from './standardised';
import type { LatentModel } from '../problems';
import { assertImageRange } from '../problems/image-scale';
import { compiledWhenWorth } from '../problems/compiled-when-worth';

/** What a small latent network is made of. */
export interface LatentNetworkSize {
  /** Channels of a latent. */
  readonly channels: number;
  /** Channels at each resolution. */
  readonly widths: readonly number[];
}

/** The network of a prior, untrained: a U-Net that takes latents of any size that its halvings divide. */
export function latentNetwork({ channels, widths }: LatentNetworkSize) {
  return imageUnet({ channels, widths: [...widths] });
}

/** The thousand levels of DDPM: their noisiest keeps some signal, which Tweedie's formula divides by. */
export const latentSchedule: Schedule = signalLevelSchedule(signalLevels(linearBetas()));

/** What `trainLatentPrior`'s networks predict. */
export const latentPrediction = 'v';

export interface TrainLatentPriorOptions {
  /** It stays the caller's, and must live as long as the model is used. */
  readonly autoencoder: Autoencoder;
  /** Side of the squares that are cut out of latents, divisible by the network's halvings. @default 8 */
  readonly side?: number;
  /** Squares that are cut out of all latents together. @default 2000 */
  readonly squares?: number;
  /** Channels of the network at each resolution. @default [32, 64] */
  readonly widths?: readonly number[];
  /** Steps of training. @default 1000 */
  readonly steps?: number;
  /** @default 16 */
  readonly batchSize?: number;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: (done: number) => void;
}

export interface LatentPrior {
  /** Restores with `stslRestore`; its latents are standardised. */
  readonly model: LatentModel;
  readonly moments: ChannelMoments;
  readonly size: LatentNetworkSize;
  /** The caller's to dispose with `disposeTree`. */
  readonly params: ImageUnetParams;
  /** Of each training step. */
  readonly losses: readonly number[];
}

/**
 * A small latent diffusion model of some images: they are encoded, standardised by channel, cut into squares, and a U-Net is trained on
 * these. No substitute for a model of millions of images: it knows textures and edges of what it was shown.
 *
 * @param images each [H, W, C] in [-1, 1], of sides that the autoencoder takes
 * @throws LabError `argument` when an image's latents are smaller than a square, or its values beyond [-1, 1]
 */
export async function trainLatentPrior(
  images: readonly Array64[],
  {
    autoencoder,
    side = 8,
    squares = 2000,
    widths = [32, 64],
    steps = 1000,
    batchSize = 16,
    key,
    signal,
    onStep,
  }: TrainLatentPriorOptions,
): Promise<LatentPrior> {
  for (const image of images) assertImageRange(image, 'images');
  const latents: Array64[] = [];
  for (const { shape, data } of images) {
    const x = fromArray64({ shape: [1, ...shape], data });
    // One graph for each image: sizes differ, and whole photographs are much work.
    const encoder = compiledWhenWorth((pixels: Tensor) => autoencoder.encode(pixels), {
      after: 0,
      what: 'encodings',
    });
    const z = encoder.call(x);
    encoder.dispose();
    const { shape: full, data: values } = await toArray64(z);
    latents.push({ shape: full.slice(1), data: values });
    tf.dispose([x, z]);
  }
  const moments = channelMoments(latents);
  const channels = moments.mean.length;
  const data = arrayData(cutSquares(latents, { moments, side, count: squares, key: foldIn(key, 0) }));
  const network = latentNetwork({ channels, widths });
  const { denoiser, params, losses } = await trainDenoiser({
    network,
    schedule: latentSchedule,
    predicts: latentPrediction,
    data,
    steps,
    batchSize,
    ema: { decay: 0.99 },
    key: foldIn(key, 1),
    signal,
    onStep: ({ step, steps: all }) => onStep?.(step / all),
  });
  return {
    model: { denoiser, schedule: latentSchedule, autoencoder: standardised(autoencoder, moments) },
    moments,
    size: { channels, widths },
    params,
    losses,
  };
}

interface CutOptions {
  readonly moments: ChannelMoments;
  readonly side: number;
  readonly count: number;
  readonly key: Key;
}

/** Standardised squares [count, side, side, c] from random places, of each image as often as its area says. */
function cutSquares(
  latents: readonly Array64[],
  { moments: { mean, deviation }, side, count, key }: CutOptions,
): Array64 {
  const channels = mean.length;
  const small = latents.find(({ shape: [h = 0, w = 0] }) => h < side || w < side);
  if (latents.length === 0 || small)
    throw new LabError('argument', 'trainLatentPrior: every image is at least one square large', {
      argument: 'images',
      received: small?.shape ?? 'no image',
      expected: `latents of at least ${side} x ${side}`,
      hint: 'larger images, or a smaller side',
    });
  const areas = latents.map(({ shape: [h, w] }) => (h! - side + 1) * (w! - side + 1));
  const all = areas.reduce((sum, each) => sum + each, 0);
  const row = side * channels;
  const data = new Float64Array(count * side * row);
  uniform64(key, count).forEach((u, n) => {
    let place = Math.min(all - 1, Math.floor(u * all));
    let which = 0;
    while (place >= areas[which]!) place -= areas[which++]!;
    const { shape, data: from } = latents[which]!;
    const width = shape[1]!;
    const across = width - side + 1;
    const [top, left] = [Math.floor(place / across), place % across];
    for (let i = 0; i < side; i++)
      for (let k = 0; k < row; k++) {
        const value = from[((top + i) * width + left) * channels + k]!;
        const c = k % channels;
        data[(n * side + i) * row + k] = (value - mean[c]!) / deviation[c]!;
      }
  });
  return { shape: [count, side, side, channels], data };
}
