import { classifierFreeGuidance, toFloat64, type Denoiser } from '@lab/diffusion-core';
import { loadSmallModel } from '@lab/models/small';
import { engine, tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** The digit wanted of each image of a batch; without one the flow is that of all digits. */
export type DigitClasses = readonly number[];

export interface DigitModels {
  /** Without a class: for inversion. With one: guidance of this scale. */
  readonly flow: (scale: number) => Denoiser<Array64, DigitClasses>;
  /** Which digit each image [n, 28, 28, 1] shows. */
  readonly read: (images: Array64) => Promise<number[]>;
  dispose(): void;
}

/** The trained flow and the judge that come with @lab/models. */
export async function digitModels(): Promise<DigitModels> {
  await engine();
  const [flow, classifier] = [await loadSmallModel('digits-flow'), await loadSmallModel('digits-classifier')];
  return {
    flow: (scale) => toFloat64(classifierFreeGuidance(flow.denoiser, { scale })),
    read: async ({ shape, data }) => {
      const chosen = tf.tidy(() => {
        const images = tf.tensor(Float32Array.from(data), [...shape]);
        return tf.argMax(classifier.classify(images).logits, -1);
      });
      try {
        return Array.from(await chosen.data());
      } finally {
        chosen.dispose();
      }
    },
    dispose: () => {
      flow.dispose();
      classifier.dispose();
    },
  };
}
