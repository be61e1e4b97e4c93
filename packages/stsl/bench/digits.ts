import { loadDigits } from '@lab/datasets/node';
import { featureDistance, psnr } from '@lab/diffusion-core/metrics';
import { toArray64 } from '@lab/diffusion-core';
import { loadSmallModel } from '@lab/models/small';
import { tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  boxMask,
  decodeImages,
  diffPir,
  dps,
  gaussianNoise,
  gmlDps,
  identityAutoencoder,
  imageProblem,
  inpainting,
  ldps,
  momentMatched,
  p2l,
  psld,
  reSample,
  runMethod,
  stslSample,
  superResolution,
  type LatentResult,
  type InverseProblem,
  type RestorationMethod,
} from '@lab/stsl';

export const deviation = 0.05;

/** What is measured: digits at a quarter of their side, or with a hole of 12 by 12 pixels. */
export const tasks = {
  'super-resolution': superResolution({ factor: 4, kernel: 'average' }),
  box: inpainting(boxMask({ height: 28, width: 28, hole: 12, margin: 6, key: key(1) })),
};

/** What is restored: some digits, measured, and how good a restoration of them is. */
export interface Trial {
  readonly problem: InverseProblem<Tensor>;
  /** Mean decibels, and mean distance of the features that a classifier of digits has of them. */
  score(latents: Tensor): Promise<{ readonly decibels: number; readonly distance: number }>;
}

/** Handwritten digits, and the diffusion model of them that comes with @lab/models: its latents are pixels. */
export async function digits(operator: (typeof tasks)[keyof typeof tasks]) {
  const [prior, judge] = [await loadSmallModel('digits-unet'), await loadSmallModel('digits-classifier')];
  const { images } = await loadDigits({ split: 'test' });
  const autoencoder = identityAutoencoder();
  return (first: number, count: number): Trial => {
    const pixels = images.subarray(784 * first, 784 * (first + count));
    const truth = tf.tensor4d(
      Float32Array.from(pixels, (grey) => grey / 127.5 - 1),
      [count, 28, 28, 1],
    );
    const y = tf.tidy(() => gaussianNoise(operator.forward(truth), { deviation, key: key(first) }));
    const features = (x: Tensor): Tensor => tf.reshape(judge.classify(x).features, [count, 1, 1, 64]);
    return {
      problem: imageProblem({ denoiser: prior.denoiser, schedule: prior.schedule, autoencoder, operator, y }),
      async score(latents) {
        const found = decodeImages(autoencoder, latents);
        const apart = tf.tidy(() => tf.mean(featureDistance([features(found)], [features(truth)])));
        const decibels = psnr(await toArray64(found), await toArray64(truth), { range: 2 });
        const distance = (await apart.data())[0]!;
        tf.dispose([found, apart]);
        return { decibels: decibels.reduce((sum, each) => sum + each / count, 0), distance };
      },
    };
  };
}

/** A method at some number of steps, with one setting for its step size. */
export interface Row {
  readonly method: string;
  readonly steps: number;
  /** Settings that validation images choose from; one means that there is nothing to choose. */
  readonly strengths: readonly number[];
  /** Long runs take the setting that a run of this many steps likes best: choosing for them whole would be most of the time. */
  readonly tuned: number;
  run(problem: InverseProblem<Tensor>, steps: number, strength: number): Promise<LatentResult<Tensor>>;
}

// The first trained levels: at the noise itself the schedule has no signal to divide by.
const grid = (steps: number): number[] => Array.from({ length: steps + 1 }, (_, i) => 0.98 * (1 - i / steps));
const shared = { init: 'qSample', key: key(7) } as const;
const norms = [0.3, 1, 3, 10, 30];

const baseline = (
  method: string,
  steps: number,
  make: (strength: number) => RestorationMethod,
  strengths: readonly number[] = norms,
): Row => ({
  ...{ method, steps, strengths, tuned: 100 },
  run: (problem, count, strength) => runMethod(problem, make(strength), { ...shared, times: grid(count) }),
});
const stsl = (steps: number, eta = 0.02): Row => ({
  ...{ method: eta > 0 ? 'STSL' : 'STSL, first order', steps, strengths: [0.1, 0.3, 0.6], tuned: 10 },
  run: (problem, count, lambda) =>
    stslSample(problem, {
      ...{ ...shared, times: grid(count), eta, noiseDeviation: deviation },
      step: { kind: 'lipschitz', lambda },
    }),
});

export const rows: readonly Row[] = [
  ...[5, 10, 25, 50].map((steps) => stsl(steps)),
  stsl(50, 0),
  ...[25, 50, 100, 250, 1000].map((steps) =>
    baseline('PSLD', steps, (strength) => psld({ strength, gluing: 0.1 * strength })),
  ),
  baseline('LDPS', 50, (strength) => ldps({ strength })),
  baseline('DPS', 50, (strength) => dps({ strength })),
  baseline('GML-DPS', 50, (strength) => gmlDps({ strength, gluing: 0.1 * strength })),
  baseline('P2L, no text', 50, (strength) => p2l({ strength })),
  baseline('DiffPIR', 50, () => diffPir({ deviation }), [1]),
  baseline('ReSample', 50, () => reSample(), [1]),
  baseline('moment matching', 25, () => momentMatched({ deviation, iterations: 3 }), [1]),
];
