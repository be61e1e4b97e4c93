import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { isLabError } from '@lab/tensor-core/errors';
import {
  affineTasks,
  cosineTasks,
  expectedSampleSize,
  linearAttentionLimit,
  mismatchFactor,
  optimalWindow,
  optimalWindowAffine,
  populationLoss,
  quadraticTasks,
  reluTasks,
  spectrumOf,
  windowExponent,
  type TaskFamily,
} from '../../src';

const affine = spectrumOf(affineTasks({ lipschitz: 1 }), { dimension: 3, degrees: 4 });

test.each([
  [2, 0.026935],
  [4, 0.012466],
  [8, 0.012292],
])('population loss of affine tasks at w = %d (B7)', (w, expected) => {
  expect(populationLoss(affine, w, { context: 200, noise: 0.5 })).toBeAllclose(expected, { atol: 6e-7 });
});

test.each([
  [2, [4.866, 8.473, 14.752]],
  [3, [4.979, 7.904, 12.547]],
  [5, [5.46, 7.722, 10.921]],
])('closed-form window in %d dimensions (B8)', (dimension, expected) => {
  const windows = [50, 200, 800].map((context) =>
    optimalWindowAffine({ dimension, lipschitz: 1, context, noise: 0.3 }),
  );
  expect(windows).toBeAllclose(expected, { atol: 6e-4 });
});

test('for d = 3 it is (2 n L^2 / (9 sigma^2))^(1/3)', () => {
  const [context, lipschitz, noise] = [123, 1.7, 0.21];
  expect(optimalWindowAffine({ dimension: 3, lipschitz, context, noise })).toBeAllclose(
    Math.cbrt((2 * context * lipschitz ** 2) / (9 * noise ** 2)),
    { rtol: 1e-12 },
  );
});

describe('exponents of the optimal window (B9)', () => {
  /** Slopes of log w* over log n, between neighbouring powers of ten from 1e4 to 1e8. */
  const slopes = (family: TaskFamily, dimension: number): number[] => {
    const spectrum = spectrumOf(family, { dimension, degrees: 600 });
    const windows = [1e4, 1e5, 1e6, 1e7, 1e8].map(
      (context) => optimalWindow(spectrum, { context, noise: 1 }, { grid: 80 }).window,
    );
    return windows.slice(1).map((w, i) => Math.log10(w / windows[i]!));
  };

  // First and last slope, computed independently in scipy with label noise 1; the limits are 2/(d+3) and 2/(d+2).
  test.each([
    ['affine', affineTasks, 2, 0.395, 0.4],
    ['affine', affineTasks, 3, 0.3333, 0.3333],
    ['affine', affineTasks, 5, 0.263, 0.252],
    ['relu', reluTasks, 2, 0.475, 0.492],
    ['relu', reluTasks, 3, 0.38, 0.388],
  ] as const)('%s tasks', (_, family, dimension, first, last) => {
    const found = slopes(family({ lipschitz: 1 }), dimension);
    expect(found[0]!).toBeAllclose(first, { atol: 1e-3 });
    expect(found[3]!).toBeAllclose(last, { atol: 1e-3 });
  });

  test.each([
    [2, 0.405, 0.4],
    [3, 0.343, 0.334],
  ])('cos(2z) in %d dimensions', (dimension, first, last) => {
    const found = slopes(cosineTasks({ lipschitz: 2 }), dimension);
    expect(found[0]!).toBeAllclose(first, { atol: 1e-3 });
    expect(found[3]!).toBeAllclose(last, { atol: 1e-3 });
  });

  test('L and 1 / sigma act with twice the power of n', () => {
    const at = (lipschitz: number, noise: number): number =>
      Math.log(
        optimalWindow(spectrumOf(affineTasks({ lipschitz }), { dimension: 3, degrees: 4 }), {
          context: 1e6,
          noise,
        }).window,
      );
    expect((at(2, 0.3) - at(1, 0.3)) / Math.LN2).toBeAllclose(2 / 3, { atol: 2e-3 });
    expect((at(1, 0.6) - at(1, 0.3)) / Math.LN2).toBeAllclose(-2 / 3, { atol: 2e-3 });
  });

  test('in closed form', () => {
    expect(windowExponent({ dimension: 3, smoothness: 'smooth' })).toBe(1 / 3);
    expect(windowExponent({ dimension: 3, smoothness: 'kinked' })).toBe(0.4);
    expect(windowExponent({ dimension: 3, smoothness: 'lipschitz' })).toBe(0.5);
  });
});

test('at the optimum the variance is 4 / (d - 1) times the squared bias (section 4.5)', () => {
  const spectrum = spectrumOf(affineTasks({ lipschitz: 1 }), { dimension: 5, degrees: 4 });
  const prompt = { context: 1e9, noise: 1 };
  const { window, loss, minima } = optimalWindow(spectrum, prompt);
  const bias = populationLoss(spectrum, window, { context: 1e15, noise: 0 });
  expect(minima).toBe(1);
  expect((loss - bias) / bias).toBeAllclose(1, { rtol: 0.02 });
});

describe('mismatch (B13)', () => {
  test.each([
    [3, 4, 1.732],
    [3, 1 / 4, 2.381],
    [3, 2, 1.191],
    [3, 1 / 2, 1.26],
    [5, 4, 2.125],
    [5, 1 / 4, 2.125],
  ])('in %d dimensions at ratio %d', (dimension, ratio, expected) => {
    expect(mismatchFactor(ratio, { dimension })).toBeAllclose(expected, { atol: 6e-4 });
  });

  test('is 1 without one, and agrees with the losses themselves', () => {
    expect(mismatchFactor(1, { dimension: 3 })).toBe(1);
    const prompt = { context: 1e10, noise: 0.3 };
    const own = optimalWindow(affine, prompt);
    const other = optimalWindow(
      spectrumOf(affineTasks({ lipschitz: 4 }), { dimension: 3, degrees: 4 }),
      prompt,
    );
    expect(populationLoss(affine, other.window, prompt) / own.loss).toBeAllclose(
      mismatchFactor(4, { dimension: 3 }),
      { rtol: 0.02 },
    );
  });
});

describe('linear attention (B12)', () => {
  test('affine tasks, 50 points', () => {
    const { scale, loss, floor } = linearAttentionLimit(affine, { context: 50, noise: 0.3 });
    expect([scale, loss, floor]).toBeAllclose([0.78827, 0.35686, 1 / 3], { atol: 6e-6 });
  });

  test('affine tasks, 200 points: trace / d of the best matrix, and its error', () => {
    const { scale, loss } = linearAttentionLimit(affine, { context: 200, noise: 0.3 });
    expect([3 * scale, loss]).toBeAllclose([2.811, 0.3403], { atol: 6e-4 });
  });

  test('ReLU tasks have L^2/3 + L^2/(6d), even ones all of their power', () => {
    const prompt = { context: 100, noise: 0 };
    const limit = (family: TaskFamily) => linearAttentionLimit(spectrumOf(family, { dimension: 3 }), prompt);
    expect(limit(reluTasks({ lipschitz: 1 })).floor).toBeAllclose(1 / 3 + 1 / 18, { rtol: 1e-6 });
    // E (z^2 / 2)^2 = 1 / 20 on the 2-sphere.
    expect(limit(quadraticTasks({ lipschitz: 1 })).loss).toBeAllclose(1 / 20, { rtol: 1e-6 });
    expect(limit(quadraticTasks({ lipschitz: 1 })).scale).toBeAllclose(0, { atol: 1e-12 });
  });
});

test('the sample size that attention averages over', () => {
  // 200 / (Ibar(16) / Ibar(8)^2), sinh in closed form.
  const ratio = Math.sinh(16) / 16 / (Math.sinh(8) / 8) ** 2;
  expect(expectedSampleSize(8, { context: 200, dimension: 3 })).toBeAllclose(200 / ratio, { rtol: 1e-10 });
});

test.each([
  ['an empty context', () => populationLoss(affine, 4, { context: 0, noise: 0.1 }), 'context'],
  ['negative noise', () => populationLoss(affine, 4, { context: 10, noise: -1 }), 'noise'],
  ['a line as sphere', () => mismatchFactor(2, { dimension: 1 }), 'dimension'],
  ['no signal', () => affineTasks({ lipschitz: 0 }), 'lipschitz'],
  ['a range in reverse', () => optimalWindow(affine, { context: 9, noise: 1 }, { range: [4, 2] }), 'range'],
])('refuses %s', (_, run, argument) => {
  expect(run).toThrow(expect.objectContaining({ details: expect.objectContaining({ argument }) }));
  try {
    run();
  } catch (error) {
    expect(isLabError(error)).toBe(true);
  }
});
