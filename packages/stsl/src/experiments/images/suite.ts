import { fromArray64, linearBetas, signalLevels, signalLevelSchedule, toArray64 } from '@lab/diffusion-core';
import { psnr } from '@lab/diffusion-core/metrics';
import { tf } from '@lab/tensor-core';
import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key as keyOf, normal64, type Key } from '@lab/tensor-core/random';
import { pcaAutoencoder, type LinearAutoencoder } from '../../autoencoders';
import {
  boxMask,
  gaussianBlur,
  inpainting,
  operatorMatrix,
  superResolution,
  type LinearOperator,
} from '../../operators';
import { empiricalPrior, exactMean, type MixturePrior } from '../../priors';
import { linearProblem, type LinearProblem } from '../../problems';
import { ellipses, side } from './ellipses';

export const deviation = 0.05;
const image: [number, number, number] = [side, side, 1];

export const tasks: readonly { readonly name: string; readonly operator: LinearOperator }[] = [
  { name: 'super-resolution x4', operator: superResolution({ factor: 4, kernel: 'average' }) },
  { name: 'Gaussian blur', operator: gaussianBlur({ size: 13, deviation: 2 }) },
  {
    name: 'box',
    operator: inpainting(boxMask({ height: side, width: side, hole: 6, margin: 3, key: keyOf(1) })),
  },
];

/** The prior: no training, but the images themselves. */
export interface World {
  readonly prior: MixturePrior;
  readonly autoencoder: LinearAutoencoder;
}

/** The kernel density of some images' principal coordinates. */
export function makeWorld(key: Key, count: number): World {
  const images = ellipses(foldIn(key, 0), count);
  const autoencoder = pcaAutoencoder(images, { size: 32 });
  const schedule = signalLevelSchedule(signalLevels(linearBetas()));
  return {
    autoencoder,
    prior: empiricalPrior({ latents: autoencoder.encode64(images), deviation: 0.5, schedule }),
  };
}

/** Some images measured by one operator. */
export interface Trials {
  readonly truth: Array64;
  readonly y: Array64;
  readonly problem: LinearProblem;
  readonly measure: (images: Array64) => Array64;
  /** Decoded, limited to [-1, 1]. */
  readonly decode: (latents: Array64) => Array64;
  /** [B] decibels of latents, decoded. */
  readonly score: (latents: Array64) => number[];
  /** [B] decibels of the encoder's first guess as an image. */
  readonly guess: number[];
  /** Latents of least expected squared error. */
  readonly best: () => Array64;
}

const limited = ({ shape, data }: Array64): Array64 => ({
  shape,
  data: data.map((value) => Math.min(1, Math.max(-1, value))),
});

export async function makeTrials(
  { prior, autoencoder }: World,
  operator: LinearOperator,
  { key, count }: { readonly key: Key; readonly count: number },
): Promise<Trials> {
  const truth = ellipses(foldIn(key, 1), count);
  const matrix = await operatorMatrix(operator, image);
  const [m, p] = matrix.shape as [number, number];
  const measure = (images: Array64): Array64 =>
    matmul({ shape: [images.shape[0]!, p], data: images.data }, transpose(matrix));
  const noise = normal64(foldIn(key, 2), [count, m]);
  const y = {
    shape: [count, m],
    data: measure(truth).data.map((value, i) => value + deviation * noise[i]!),
  };
  const small = fromArray64({ shape: [count, ...operator.measurementShape(image)], data: y.data });
  const first = tf.tidy(() => operator.initFrom(small));
  const start = await toArray64(first);
  tf.dispose([small, first]);
  const startImages = { shape: [count, p], data: start.data };
  const problem = linearProblem({ prior, matrix, y, autoencoder, startImages });
  const decode = (latents: Array64): Array64 => limited(autoencoder.decode64(latents));
  return {
    truth,
    y,
    problem,
    measure,
    decode,
    score: (latents) => psnr(decode(latents), truth, { range: 2 }),
    guess: psnr(limited({ shape: truth.shape, data: start.data }), truth, { range: 2 }),
    best: () => ({
      shape: problem.shape,
      data: Float64Array.from(
        Array.from({ length: count }, (_, b) =>
          Array.from(
            exactMean(prior, {
              matrix: problem.latentMatrix,
              y: problem.latentMeasurement.data.slice(b * m, (b + 1) * m),
              deviation,
            }),
          ),
        ).flat(),
      ),
    }),
  };
}
