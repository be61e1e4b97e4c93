import {
  arrayData,
  cosineSchedule,
  rectifiedFlowSchedule,
  trainDenoiser,
  type ImageCondition,
  type Prediction,
  type Schedule,
} from '@lab/diffusion-core';
import { adam, chain, clipByGlobalNorm, cosineDecay, warmup } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { digitsFlowNetwork, digitsUnetNetwork, type ConditionalNetwork } from '../src/small/networks';
import { digitsData } from './digits-data';
import type { Recipe, Watch } from './recipe';

/** A rectified flow: every fifth digit is trained without its class, for guidance. */
export const digitsFlow: Recipe = async (watch) =>
  trainOnDigits(digitsFlowNetwork(), {
    ...{ schedule: rectifiedFlowSchedule(), predicts: 'velocity', rate: 3e-3, steps: 9000, batch: 64 },
    ...watch,
  });

/** A diffusion model on the cosine schedule. */
export const digitsUnet: Recipe = async (watch) =>
  trainOnDigits(digitsUnetNetwork(), {
    ...{ schedule: cosineSchedule(), predicts: 'v', rate: 2e-3, steps: 1800, batch: 32 },
    ...watch,
  });

interface Training extends Watch {
  readonly schedule: Schedule;
  readonly predicts: Prediction;
  readonly rate: number;
  readonly steps: number;
  readonly batch: number;
}

async function trainOnDigits<Params>(
  network: ConditionalNetwork<Params>,
  { schedule, predicts, rate, steps, batch, onStep, signal, checkpoint }: Training,
) {
  const { images, labels } = await digitsData('train');
  const categorical = { shape: [labels.length, 1], data: Float64Array.from(labels) };
  const ramp = 100;
  const learningRate = warmup(cosineDecay({ from: rate, steps: steps - ramp }), { steps: ramp });
  const { params, denoiser, losses, seconds } = await trainDenoiser<Params, ImageCondition>({
    network,
    schedule,
    predicts,
    data: arrayData(images, { categorical }),
    steps,
    batchSize: batch,
    optimizer: chain(clipByGlobalNorm(1), adam({ learningRate })),
    ema: { decay: 0.995 },
    withhold: 0.2,
    key: key(0),
    onStep,
    signal,
    checkpoint,
  });
  denoiser.dispose?.();
  return { params, losses, seconds };
}
