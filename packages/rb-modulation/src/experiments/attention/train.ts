import {
  arrayData,
  classifierFreeGuidance,
  networkDenoiser,
  rectifiedFlowSchedule,
  trainDenoiser,
  type Denoiser,
  type Metadata,
} from '@lab/diffusion-core';
import {
  adam,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  disposeTree,
  tf,
  warmup,
  type Attend,
  type Tensor,
} from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, uniform, type Key } from '@lab/tensor-core/random';
import { trainEncoder, type TrainedEncoder } from './encoder';
import { noisyGlyphs } from './glyph-data';
import { glyphNetwork } from './glyph-network';

export const schedule = rectifiedFlowSchedule();
const guidance = 1.5;

export interface TrainingSize {
  readonly images: number;
  readonly encoderSteps: number;
  readonly steps: number;
  readonly batch: number;
}

/** What is asked of each sample: a digit, and the features of an image prompt. */
export interface GlyphCondition {
  readonly digits: readonly number[];
  /** [n, 64] standardised. @default no image prompt */
  readonly features?: Array64 | undefined;
}

export interface TrainedWorld {
  /** The descriptors that the controller uses, and an encoder of another seed that judges. */
  readonly encoder: TrainedEncoder;
  readonly judge: TrainedEncoder;
  /** The trained network with another attention. */
  denoiser(attend?: Attend): Denoiser<Tensor, GlyphCondition>;
  /** Features [n, 64] of images, standardised as in training. */
  features(images: Array64): Promise<Array64>;
  readonly loss: number;
  readonly seconds: number;
  dispose(): void;
}

/** Two encoders and the network, trained on noisy glyphs; every second image with its own embedding as prompt. */
export async function trainWorld(
  size: TrainingSize,
  { key, signal, onStep }: { key: Key; signal: AbortSignal; onStep: (done: number) => void },
): Promise<TrainedWorld> {
  const data = noisyGlyphs(foldIn(key, 0), size.images);
  const training = { steps: size.encoderSteps, signal };
  const encoder = await trainEncoder(data, { ...training, key: foldIn(key, 1) });
  const judge = await trainEncoder(data, { ...training, key: foldIn(key, 2) });
  const raw = await rawFeatures(encoder, data.images);
  const scale = moments(raw);
  const features = standardised(raw, scale);
  const prompted = uniform(foldIn(key, 3), size.images);
  const categorical = Float64Array.from({ length: 2 * size.images }, (_, at) =>
    at % 2 === 0 ? data.classes[at / 2]!.digit : Number(prompted[(at - 1) / 2]! < 0.5),
  );
  const ramp = Math.ceil(size.steps / 20);
  const learningRate = warmup(cosineDecay({ from: 2e-3, steps: size.steps - ramp }), { steps: ramp });
  const trained = await trainDenoiser({
    network: glyphNetwork(),
    schedule,
    predicts: 'velocity',
    data: arrayData(data.images, {
      categorical: { shape: [size.images, 2], data: categorical },
      continuous: features,
    }),
    steps: size.steps,
    batchSize: size.batch,
    optimizer: chain(clipByGlobalNorm(1), adam({ learningRate })),
    ema: { decay: 0.995 },
    withhold: 0.1,
    key: foldIn(key, 4),
    signal,
    onStep: ({ step, steps }) => onStep(step / steps),
  });
  const { params, losses, seconds } = trained;
  trained.denoiser.dispose?.();
  const made: Denoiser<Tensor, never>[] = [];
  const tail = losses.slice(-Math.ceil(losses.length / 10));
  return {
    encoder,
    judge,
    denoiser(attend) {
      const plain = networkDenoiser(glyphNetwork(attend), params, { predicts: 'velocity', schedule });
      made.push(plain);
      return conditioned(plain);
    },
    features: async (images) => standardised(await rawFeatures(encoder, images), scale),
    loss: tail.reduce((sum, each) => sum + each, 0) / tail.length,
    seconds,
    dispose() {
      for (const each of made) each.dispose?.();
      for (const each of [encoder, judge]) each.dispose();
      disposeTree(params);
    },
  };
}

/** Guidance towards the digit; the side without it sees an embedding of zeros, as in the released code. */
function conditioned(denoiser: Denoiser<Tensor, Metadata>): Denoiser<Tensor, GlyphCondition> {
  return {
    predicts: denoiser.predicts,
    space: denoiser.space,
    async predict(x, t, condition, context) {
      const { digits = [], features } = condition ?? {};
      const count = x.shape[0];
      const rows = Int32Array.from({ length: 2 * count }, (_, at) =>
        at % 2 === 0 ? (digits[at / 2] ?? 0) : Number(features !== undefined),
      );
      const categorical = tf.tensor2d(rows, [count, 2], 'int32');
      const zeros = tf.zeros([count, 64]);
      const continuous = features ? tf.tensor2d(Float32Array.from(features.data), [count, 64]) : zeros;
      const [present, absent] = [tf.ones([count]), tf.zeros([count])];
      try {
        const guided = classifierFreeGuidance(denoiser, {
          scale: guidance,
          unconditional: { categorical, continuous: zeros, present: absent },
        });
        return await guided.predict(x, t, { categorical, continuous, present }, context);
      } finally {
        tf.dispose([categorical, zeros, continuous, present, absent]);
      }
    },
    dispose: () => denoiser.dispose?.(),
  };
}

async function rawFeatures(encoder: TrainedEncoder, { shape, data }: Array64): Promise<Array64> {
  const images = tf.tensor(Float32Array.from(data), [...shape]);
  const found = tf.tidy(() => encoder.features(images));
  try {
    return { shape: [...found.shape], data: Float64Array.from(await found.data()) };
  } finally {
    tf.dispose([images, found]);
  }
}

interface Scale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function moments({ shape, data }: Array64): Scale {
  const [count, size] = shape as [number, number];
  const [mean, deviation] = [new Float64Array(size), new Float64Array(size)];
  data.forEach((value, at) => (mean[at % size]! += value / count));
  data.forEach((value, at) => (deviation[at % size]! += (value - mean[at % size]!) ** 2 / count));
  return { mean, deviation: deviation.map((each) => Math.max(Math.sqrt(each), 1e-6)) };
}

const standardised = ({ shape, data }: Array64, { mean, deviation }: Scale): Array64 => ({
  shape,
  data: data.map((value, at) => (value - mean[at % mean.length]!) / deviation[at % mean.length]!),
});
