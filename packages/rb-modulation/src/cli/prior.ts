import type { ImageArray } from '@lab/datasets/images';
import {
  arrayData,
  imageUnet,
  rectifiedFlowSchedule,
  trainDenoiser,
  type Denoiser,
} from '@lab/diffusion-core';
import { disposeTree } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { crops } from './pictures';

export interface Prior {
  readonly denoiser: Denoiser;
  dispose(): void;
}

export interface PriorOptions {
  readonly steps: number;
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly onStep: (done: number) => void;
}

/** Side of the squares that the model learns from. */
export const side = 16;

/** A small U-Net that learns, as a rectified flow, what squares of the user's own images look like. */
export async function trainPrior(
  images: readonly ImageArray[],
  { steps, key, signal, onStep }: PriorOptions,
): Promise<Prior> {
  const { denoiser, params } = await trainDenoiser({
    network: imageUnet({ channels: 3, widths: [16, 32] }),
    schedule: rectifiedFlowSchedule(),
    predicts: 'velocity',
    data: arrayData(crops(images, foldIn(key, 0), { count: 1024, side })),
    steps,
    batchSize: 16,
    ema: { decay: 0.99 },
    key: foldIn(key, 1),
    signal,
    onStep: ({ step, steps: all }) => onStep(step / all),
  });
  return {
    denoiser,
    dispose() {
      denoiser.dispose?.();
      disposeTree(params);
    },
  };
}
