import { mixtureDenoiser, tensorSpace } from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import '@lab/testing';
import { exactSocSample, linearTensorCost } from '../../src';
import { costThroughDenoiser } from '../../src/soc/exact-controller';
import { firstIs, schedule, starts, tensorGaussian } from '../support/gaussian';
import { expectRefusal } from '../support/throws';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

describe('Algorithm 1', () => {
  const levels = { alpha: 0.6, sigma: 0.8 };
  const fixed = { ...schedule, alpha: () => levels.alpha, sigma: () => levels.sigma };
  const quarter = { weights: [1], means: [[0, 0]], covariances: 0.25, schedule: fixed, space: tensorSpace };
  const at = { denoiser: mixtureDenoiser(quarter), schedule: fixed, t: 0.5, condition: undefined };

  // d x0 / d x = alpha s^2 / (alpha^2 s^2 + sigma^2) = 0.205479.
  test('the gradient through the denoiser is the analytic one', async () => {
    const x = tf.tensor2d([[0.7, -0.3]]);
    const { costs, gradient } = await costThroughDenoiser(x, linearTensorCost(firstIs), at);
    const jacobian = 0.15 / 0.73;
    expect(jacobian).toBeAllclose(0.205479, { atol: 1e-6 });
    const residual = jacobian * 0.7 - 1.5;
    expect(costs).toBeAllclose([residual ** 2], { rtol: 1e-5 });
    expect(gradient).toBeAllclose([[2 * jacobian * residual, 0]], { rtol: 1e-4, atol: 1e-6 });
    tf.dispose([x, gradient]);
  });

  test('many inner steps bring the posterior mean to the style', async () => {
    const x = tf.tensor2d([[0.7, -0.3]]);
    const cost = linearTensorCost(firstIs);
    const { samples } = await exactSocSample(at.denoiser, {
      cost,
      eta: 5,
      steps: 60,
      sampling: {
        schedule: { ...fixed, alpha: (t) => (t === 0 ? 1 : 0.6), sigma: (t) => (t === 0 ? 0 : 0.8) },
        times: [1, 0],
        init: x,
        key: key(0),
      },
    });
    expect(samples.dataSync()[0]).toBeAllclose(1.5, { atol: 1e-4 });
    tf.dispose([x, samples]);
  });

  // The law is normal and all of it affine: x0 = J x with the eigenvectors (1, 1) and (1, -1) of the covariance.
  const byHand = (
    start: readonly number[],
    { eta, warmStart }: { eta: number; warmStart: boolean },
  ): number[] => {
    const times = schedule.times(20);
    let [x, y] = start as [number, number];
    let control = [0, 0] as [number, number];
    times.slice(0, -1).forEach((t, i) => {
      const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
      const [slow, fast] = [1.8, 0.2].map((s) => (alpha * s) / (alpha ** 2 * s + sigma ** 2)) as [
        number,
        number,
      ];
      const [own, other] = [(slow + fast) / 2, (slow - fast) / 2];
      let [p, q] = warmStart ? [x + control[0], y + control[1]] : [x, y];
      for (let k = 0; k < 2; k++) {
        const residual = own * p + other * q - 1.5;
        [p, q] = [p - 2 * eta * residual * own, q - 2 * eta * residual * other];
      }
      control = [p - x, q - y];
      const mean = [own * p + other * q, other * p + own * q] as const;
      const [a, b] = [schedule.alpha(times[i + 1]!), schedule.sigma(times[i + 1]!)];
      x = a * mean[0] + (b * (p - alpha * mean[0])) / sigma;
      y = a * mean[1] + (b * (q - alpha * mean[1])) / sigma;
    });
    return [x, y];
  };
  test.each([false, true])(
    'each level begins with no control, or with the one before: warmStart %s',
    async (warmStart) => {
      const init = tf.tensor2d(Float32Array.from(starts.data), [3, 2]);
      const { samples } = await exactSocSample(tensorGaussian, {
        cost: linearTensorCost(firstIs),
        steps: 2,
        eta: 0.05,
        warmStart,
        skipWhenAlphaBelow: 0,
        sampling: { schedule, steps: 20, init, key: key(2) },
      });
      const each = [0, 1, 2].map((b) => Array.from(starts.data.subarray(2 * b, 2 * b + 2)));
      const expected = each.map((start) => byHand(start, { eta: 0.05, warmStart }));
      expect(samples).toBeAllclose(expected, { atol: 1e-4, rtol: 0 });
      tf.dispose([init, samples]);
    },
  );

  test('refuses a denoiser without gradients', async () => {
    const later = {
      predicts: 'sample' as const,
      space: tensorSpace,
      predict: (x: Tensor) => Promise.resolve(tf.clone(x)),
    };
    await expectRefusal(
      () =>
        exactSocSample(later, {
          cost: linearTensorCost(firstIs),
          sampling: { schedule, steps: 3, shape: [1, 2], key: key(0) },
        }),
      'unsupported',
      'differentiates the denoiser',
    );
  });
});
