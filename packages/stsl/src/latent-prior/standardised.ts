import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Autoencoder } from '../autoencoders';

/** Mean and standard deviation of each channel of latents. */
export interface ChannelMoments {
  /** [c] */
  readonly mean: readonly number[];
  /** [c], positive */
  readonly deviation: readonly number[];
}

/** Moments over all places of all latents [.., c]. */
export function channelMoments(latents: readonly Array64[]): ChannelMoments {
  const channels = latents[0]?.shape.at(-1) ?? 0;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let places = 0;
  for (const { data } of latents) {
    places += data.length / channels;
    data.forEach((value, at) => {
      sums[at % channels]! += value;
      squares[at % channels]! += value * value;
    });
  }
  const mean = Array.from(sums, (sum) => sum / places);
  return {
    mean,
    deviation: mean.map((each, c) => Math.sqrt(Math.max(squares[c]! / places - each * each, 1e-12))),
  };
}

/**
 * An autoencoder whose latents have mean 0 and deviation 1 in each channel, as a denoiser is trained on them. The autoencoder below
 * stays the caller's.
 *
 * @throws LabError `argument` for a deviation that is not positive
 */
export function standardised(autoencoder: Autoencoder, { mean, deviation }: ChannelMoments): Autoencoder {
  if (mean.length !== deviation.length || !deviation.every((each) => each > 0))
    throw new LabError('argument', 'standardised: a mean and a positive deviation for each channel', {
      received: { mean: mean.length, deviation: deviation.length },
    });
  const row = (values: readonly number[]) => tf.tensor1d([...values]);
  return {
    encode: (images) => tf.tidy(() => tf.div(tf.sub(autoencoder.encode(images), row(mean)), row(deviation))),
    decode: (latents) =>
      tf.tidy(() => autoencoder.decode(tf.add(tf.mul(latents, row(deviation)), row(mean)))),
  };
}
