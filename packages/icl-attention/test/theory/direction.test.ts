import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attend,
  attentionRegressor,
  coordinateBasis,
  cosineTasks,
  drawPrompts,
  eachPrompt,
  linearTasks,
  lowRankTasks,
  meanLoss,
  productSphere,
  softmaxUnit,
  sphere,
} from '../../src';

// Section 4.2.8, B14: losses by c2 of M = diag(8, 8, c2, c2, c2, c2), computed independently in numpy.
describe('a part outside the subspace, on a product of spheres (B14)', () => {
  const grid = [-4, -2, -1, 0, 1, 2, 4];
  test.each([
    ['linear', linearTasks({ lipschitz: 1 }), [0.0213, 0.0112, 0.008, 0.0069, 0.0082, 0.0115, 0.0216]],
    ['cosine', cosineTasks({ lipschitz: 3 }), [0.1245, 0.0797, 0.0663, 0.0623, 0.066, 0.0809, 0.124]],
  ])('%s tasks', (_, inner, expected) => {
    const family = lowRankTasks(inner, { basis: coordinateBasis(6, 2) });
    const covariates = productSphere({ dimension: 6, inner: 2 });
    const prompts = drawPrompts(key(1), {
      family,
      covariates,
      context: 50,
      noise: 0.1,
      batch: 3000,
      queries: 2,
    });
    const losses = grid.map((outside) => {
      const data = new Float64Array(36);
      for (let i = 0; i < 6; i++) data[7 * i] = i < 2 ? 8 : outside;
      return meanLoss(attentionRegressor(softmaxUnit({ matrix: { shape: [6, 6], data } })), prompts);
    });
    losses.forEach(({ mean, error }, i) => {
      expect(Math.abs(mean - expected[i]!)).toBeLessThan(4 * error + 0.02 * expected[i]!);
    });
    expect(losses.indexOf(losses.reduce((a, b) => (a.mean < b.mean ? a : b)))).toBe(3);
    for (const [up, down] of [
      [6, 0],
      [5, 1],
      [4, 2],
    ] as const) {
      const each = losses[up]!.each.map((loss, b) => loss - losses[down]!.each[b]!);
      expectZeroMean(each);
    }
  });
});

// B17: for rotation-invariant families the gradient of the loss at M = w I is a multiple of I. From the closed form
// dh/dM = sum p_i (y_i - h) x_i x_q^T.
test('the loss has no slope off the diagonal at M = w I', () => {
  const prompts = drawPrompts(key(2), {
    family: affineTasks({ lipschitz: 1 }),
    covariates: sphere(3),
    context: 50,
    noise: 0.3,
    batch: 4000,
  });
  const unit = softmaxUnit({ window: 3, dimension: 3 });
  const slopes = Array.from({ length: 9 }, () => new Float64Array(4000));
  let b = 0;
  for (const prompt of eachPrompt(prompts)) {
    const { weights, predictions } = attend(unit, prompt);
    const residual = 2 * (predictions[0]! - prompts.targets.data[b]!);
    for (let i = 0; i < 50; i++) {
      const pull = residual * weights.data[i]! * (prompt.y[i]! - predictions[0]!);
      for (let at = 0; at < 9; at++)
        slopes[at]![b]! += pull * prompt.x.data[3 * i + Math.floor(at / 3)]! * prompt.queries.data[at % 3]!;
    }
    b++;
  }
  for (const at of [1, 2, 3, 5, 6, 7]) expectZeroMean(slopes[at]!);
  const diagonal = [0, 4, 8].map((at) => slopes[at]!);
  expectZeroMean(diagonal[0]!.map((each, i) => each - diagonal[1]![i]!));
  expectZeroMean(diagonal[1]!.map((each, i) => each - diagonal[2]![i]!));
  // And it does slope along w: 3 is below the optimum 4.97.
  expect(diagonal[0]!.reduce((sum, each) => sum + each, 0)).toBeLessThan(0);
});

/** Within 4 standard errors. */
function expectZeroMean(values: Float64Array): void {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const square = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(square / (values.length - 1) / values.length));
}
