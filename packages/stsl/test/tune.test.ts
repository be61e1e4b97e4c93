import { expect, test } from 'vitest';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { tune } from '../src';

const image = (...values: number[]): Array64 => ({ shape: [1, 1, 2, 1], data: Float64Array.from(values) });

test('settings come back from the best PSNR to the worst, with the fit of each', async () => {
  // The truth is 0: a setting's image is its own error. What is measured is off by 0.1, the noise's deviation.
  const options = {
    restore: (error: number) => Promise.resolve(image(error, -error)),
    truth: image(0, 0),
    measure: (images: Array64) => images,
    y: image(0.1, -0.1),
    deviation: 0.1,
  };
  const trials = await tune([0.4, 0.001, 0.09], options);
  expect(trials.map(({ setting }) => setting)).toEqual([0.001, 0.09, 0.4]);
  // 10 log10(2^2 / error^2), and |0.1 - error| / 0.1.
  expect(trials.map((trial) => trial.psnr)).toEqual([
    expect.closeTo(66.0206, 3),
    expect.closeTo(26.9357, 3),
    expect.closeTo(13.9794, 3),
  ]);
  expect(trials.map(({ residualRatio }) => residualRatio)).toEqual([
    expect.closeTo(0.99, 9),
    expect.closeTo(0.1, 9),
    expect.closeTo(3, 9),
  ]);
  expect(trials.map(({ fit }) => fit)).toEqual(['balanced', 'over', 'under']);
  await expect(tune([], options)).rejects.toThrow(expect.objectContaining({ code: 'argument' }));
  await expect(tune([1], { ...options, deviation: 0 })).rejects.toThrow(
    expect.objectContaining({ code: 'argument' }),
  );
});
