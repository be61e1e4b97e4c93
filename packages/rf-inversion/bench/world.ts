import { classifierFreeGuidance, type Denoiser } from '@lab/diffusion-core';
import { loadDigits } from '@lab/datasets/node';
import { loadSmallModel, type Classes, type SmallModels } from '@lab/models/small';
import { tf, type Tensor } from '@lab/tensor-core';

/** Digits of the test set, and models that edit them into the next ones. */
export interface World {
  /** [count, 28, 28, 1] in [-1, 1]. */
  readonly images: Tensor;
  readonly source: Classes;
  readonly target: Classes;
  readonly flow: Models;
  readonly diffusion: Models & { readonly network: SmallModels['digits-unet'] };
  /** Forward passes so far: guidance is two of them, that of images and texts three. */
  readonly passes: { count: number };
  /** Share of images that show the wanted digit, and their root mean square distance to the ones they were made from. */
  score(edited: Tensor): { readonly wanted: number; readonly distance: number };
}

interface Models {
  readonly plain: Denoiser<Tensor, Classes>;
  /** By classifier-free guidance of 3. */
  readonly guided: Denoiser<Tensor, Classes>;
}

export const scale = 3;

export async function makeWorld(count: number): Promise<World> {
  const [flow, network, judge] = [
    await loadSmallModel('digits-flow'),
    await loadSmallModel('digits-unet'),
    await loadSmallModel('digits-classifier'),
  ];
  const { images: pixels, labels } = await loadDigits({ split: 'test' });
  const data = Float32Array.from(pixels.subarray(0, count * 784), (grey) => grey / 127.5 - 1);
  const images = tf.tensor4d(data, [count, 28, 28, 1]);
  const source: Classes = [...labels.subarray(0, count)];
  const target: Classes = source.map((label) => (label + 1) % 10);
  const passes = { count: 0 };
  const modelsOf = (denoiser: Denoiser<Tensor, Classes>): Models => {
    const plain: typeof denoiser = {
      ...denoiser,
      predict: (...call) => {
        passes.count++;
        return denoiser.predict(...call);
      },
    };
    return { plain, guided: classifierFreeGuidance(plain, { scale }) };
  };
  return {
    ...{ images, source, target, passes },
    flow: modelsOf(flow.denoiser),
    diffusion: { ...modelsOf(network.denoiser), network },
    score: (edited) =>
      tf.tidy(() => {
        const shown = tf.argMax(judge.classify(edited).logits, 1).dataSync();
        const squares = tf.mean(tf.squaredDifference(edited, images), [1, 2, 3]);
        return {
          wanted: target.filter((digit, i) => shown[i] === digit).length / count,
          distance: tf.mean(tf.sqrt(squares)).dataSync()[0]!,
        };
      }),
  };
}
