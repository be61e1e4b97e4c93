import { cropImage } from '@lab/datasets/images';
import { loadPhotograph, photographNames, type PhotographName } from '@lab/datasets/node';
import { autoencoderLoss, type ImageAutoencoderParams } from '@lab/diffusion-core';
import {
  adam,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  disposeTree,
  fit,
  tf,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, key, randint, type Key } from '@lab/tensor-core/random';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { photographsAutoencoderNetwork } from '../src/small/networks';
import type { Recipe } from './recipe';

const [steps, batch, side] = [1500, 16, 32];

/** Kept out of training, to measure on. */
export const heldOut: PhotographName = 'nagasaki-boats';

/** Squares of 32 by 32 pixels from random places of eight photographs. */
export const photographsAutoencoder: Recipe = async ({ onStep, signal, checkpoint }) => {
  const autoencoder = photographsAutoencoderNetwork();
  const names = photographNames.filter((name) => name !== heldOut);
  const photographs = await Promise.all(names.map(async (name) => (await loadPhotograph(name)).image));
  const first = autoencoder.init(foldIn(key(0), 0));
  try {
    const fitted = await fit<ImageAutoencoderParams, Tensor>({
      params: first,
      optimizer: chain(clipByGlobalNorm(1), adam({ learningRate: cosineDecay({ from: 2e-3, steps }) })),
      loss: (params, x, lossKey) => autoencoderLoss(params, x, { autoencoder, key: lossKey, noise: 0.05 }),
      batches: (_step, stepKey) => squares(photographs, stepKey),
      steps,
      key: foldIn(key(0), 1),
      ema: { decay: 0.995 },
      onStep,
      signal,
      checkpoint,
    });
    disposeTree(fitted.optimizerState);
    const { params: last, average, losses, seconds } = fitted;
    if (average !== undefined) disposeTree(last);
    return { params: average ?? last, losses, seconds };
  } finally {
    disposeTree(first);
  }
};

/** [batch, 32, 32, 3] in [-1, 1]. */
function squares(photographs: readonly Array64[], stepKey: Key): Tensor {
  const which = randint(foldIn(stepKey, 0), batch, { low: 0, high: photographs.length });
  const size = side * side * 3;
  const data = new Float32Array(batch * size);
  which.forEach((photograph, i) => {
    const image = photographs[photograph]!;
    const [height, width] = image.shape as [number, number];
    const placeKey = foldIn(foldIn(stepKey, 1), i);
    const [top] = randint(foldIn(placeKey, 0), 1, { low: 0, high: height - side + 1 });
    const [left] = randint(foldIn(placeKey, 1), 1, { low: 0, high: width - side + 1 });
    const square = cropImage(image, { top: top!, left: left!, height: side, width: side });
    data.set(
      square.data.map((value) => 2 * value - 1),
      i * size,
    );
  });
  return tf.tensor4d(data, [batch, side, side, 3]);
}
