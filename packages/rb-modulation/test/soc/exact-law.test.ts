import { engine, tf } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import '@lab/testing';
import { exactSocSample, linearTensorCost } from '../../src';
import { affineLaw, firstIs, schedule, starts, tensorGaussian } from '../support/gaussian';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

/** Means and deviations of the result are exact, as everything is affine. */
type Law = readonly [mean: readonly number[], deviation: readonly number[]];

describe('Algorithm 1 on two correlated numbers', () => {
  const exact: readonly (readonly [inner: number, twenty: Law, fifty: Law])[] = [
    [
      3,
      [
        [1.52154, 1.47827],
        [0.0156, 0.48114],
      ],
      [
        [1.50197, 1.59317],
        [0.00291, 0.5045],
      ],
    ],
    [
      20,
      [
        [1.50006, 1.60211],
        [0.0001, 0.49072],
      ],
      [
        [1.50001, 1.62706],
        [0.00002, 0.51395],
      ],
    ],
  ];
  test.each(exact)('Algorithm 1 with %s inner steps', async (inner, twenty, fifty) => {
    const cost = linearTensorCost(firstIs);
    for (const [steps, [mean, deviation]] of [
      [20, twenty],
      [50, fifty],
    ] as const) {
      const init = tf.tensor2d(Float32Array.from(starts.data), [3, 2]);
      const { samples, modelCalls } = await exactSocSample(tensorGaussian, {
        cost,
        steps: inner,
        skipWhenAlphaBelow: 0,
        sampling: { schedule, steps, init, key: key(0) },
      });
      expect(modelCalls).toBe(steps * (inner + 1));
      const found = affineLaw({ shape: [3, 2], data: Float64Array.from(samples.dataSync()) });
      expect(found.mean).toBeAllclose(mean, { atol: 1e-3, rtol: 0 });
      expect(found.deviation).toBeAllclose(deviation, { atol: 1e-3, rtol: 0 });
      tf.dispose([init, samples]);
    }
  });

  // The smallest control that meets the style at each level.
  test('Algorithm 1, converged', async () => {
    for (const [steps, mean, deviation] of [
      [20, [1.5, 1.73385], [0, 0.49182]],
      [50, [1.5, 1.68833], [0, 0.51444]],
    ] as const) {
      const init = tf.tensor2d(Float32Array.from(starts.data), [3, 2]);
      const { samples } = await exactSocSample(tensorGaussian, {
        cost: linearTensorCost(firstIs),
        optimizer: 'polyak',
        eta: 1,
        skipWhenAlphaBelow: 0,
        sampling: { schedule, steps, init, key: key(0) },
      });
      const found = affineLaw({ shape: [3, 2], data: Float64Array.from(samples.dataSync()) });
      expect(found.mean).toBeAllclose([...mean], { atol: 1e-3, rtol: 0 });
      expect(found.deviation).toBeAllclose([...deviation], { atol: 1e-3, rtol: 0 });
      tf.dispose([init, samples]);
    }
  });
});
