import { mixtureDenoiser, tensorSpace } from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import '@lab/testing';
import { exactSocSample, linearTensorCost } from '../../src';
import { costThroughDenoiser } from '../../src/soc/exact-controller';
import { firstIs, schedule, tensorGaussian } from '../support/gaussian';
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

  test('a warm start goes on from the control before, and gains more in as many steps', async () => {
    const result = async (warmStart: boolean): Promise<number> => {
      const { samples } = await exactSocSample(tensorGaussian, {
        cost: linearTensorCost(firstIs),
        steps: 1,
        warmStart,
        sampling: { schedule, steps: 20, shape: [16, 2], key: key(2) },
      });
      const first = tf.tidy(() => tf.mean(tf.square(tf.sub(tf.slice(samples, [0, 0], [-1, 1]), 1.5))));
      const value = first.dataSync()[0]!;
      tf.dispose([first, samples]);
      return value;
    };
    expect(await result(true)).not.toBeAllclose(await result(false), { rtol: 1e-3 });
  });

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
