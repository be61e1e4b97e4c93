import { chain, disposeTree, adam, clipByGlobalNorm, cosineDecay, warmup } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import {
  arrayData,
  gridTimes,
  mlpDenoiser,
  toFloat64,
  trainDenoiser,
  type Denoiser,
} from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { drawSeries, length, schedule } from './process';

/** A small network trained on draws of the process. */
export async function trainedDenoiser({
  key,
  steps,
  signal,
  onStep,
}: {
  key: Key;
  steps: number;
  signal: AbortSignal;
  onStep: (fraction: number) => void;
}): Promise<{ denoiser: Denoiser<Array64>; seconds: number; loss: number; dispose: () => void }> {
  const { denoiser, params, seconds, losses } = await trainDenoiser({
    network: mlpDenoiser({ shape: [length, 1], width: 128 }),
    schedule,
    predicts: 'epsilon',
    data: arrayData(drawSeries(foldIn(key, 0), 3000)),
    steps,
    batchSize: 128,
    optimizer: chain(
      clipByGlobalNorm(1),
      adam({
        learningRate: warmup(cosineDecay({ from: 2e-3, steps: Math.max(1, steps - 100) }), { steps: 100 }),
      }),
    ),
    ema: false,
    times: { law: gridTimes(50) },
    key: foldIn(key, 1),
    signal,
    onStep: (event) => onStep(event.step / event.steps),
  });
  const tail = losses.slice(-200);
  return {
    denoiser: toFloat64(denoiser),
    seconds,
    loss: tail.reduce((sum, loss) => sum + loss, 0) / tail.length,
    dispose: () => {
      denoiser.dispose?.();
      disposeTree(params);
    },
  };
}
