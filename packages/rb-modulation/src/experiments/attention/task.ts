import { tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, randint, type Key } from '@lab/tensor-core/random';
import { describe } from '../../descriptors';
import { digits, noisyGlyphs, styles, templates, type NoisyGlyphs } from './glyph-data';
import type { TrainedWorld } from './train';

/** One digit each in the style of a reference that shows another. */
export interface Task {
  readonly references: NoisyGlyphs;
  readonly prompts: readonly number[];
  /** [n, 64] of the references. */
  readonly features: Array64;
  /** [n, 64] means over all digits of each reference's style. */
  readonly styleFeatures: Array64;
  /** [n, 32] style descriptors, of the encoder and of the judge. */
  readonly target: Array64;
  readonly judged: Array64;
}

export async function drawTask(world: TrainedWorld, key: Key, count: number): Promise<Task> {
  const references = noisyGlyphs(foldIn(key, 0), count);
  const turns = randint(foldIn(key, 1), count, { low: 1, high: digits.length });
  const all = templates();
  const [features, ofAll] = [await world.features(references.images), await world.features(all.images)];
  const styleMeans = new Float64Array(styles * 64);
  ofAll.data.forEach((value, at) => {
    styleMeans[all.classes[Math.floor(at / 64)]!.style * 64 + (at % 64)]! += value / digits.length;
  });
  const images = tf.tensor(Float32Array.from(references.images.data), [...references.images.shape]);
  try {
    return {
      references,
      prompts: references.classes.map(({ digit }, i) => (digit + turns[i]!) % digits.length),
      features,
      styleFeatures: {
        shape: [count, 64],
        data: Float64Array.from(
          { length: count * 64 },
          (_, at) => styleMeans[references.classes[Math.floor(at / 64)]!.style * 64 + (at % 64)]!,
        ),
      },
      target: await describe(world.encoder.style, images),
      judged: await describe(world.judge.style, images),
    };
  } finally {
    images.dispose();
  }
}
