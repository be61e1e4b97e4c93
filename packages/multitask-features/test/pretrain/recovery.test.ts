import { describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  directionConditioning,
  directionStrengths,
  recoveryAngles,
  subspaceEnergy,
  tasks,
  theory,
} from '../../src';
import { relativeDifference } from '../support/matrices';
import { trainOn } from '../support/problems';

const boolean = (labels: 'balanced' | 'uniform') => (at: readonly [number, number], rank: number) =>
  tasks.booleanSign(at, { rank, labels });

// Spec C4.
describe('rank of what is learnt', () => {
  const strengths = async (count: number) => {
    const { problem, model } = await trainOn(
      { seed: 1, dimensions: 40, rank: 4, count, n: 8000 },
      { width: 100 },
    );
    const s = directionStrengths(model.weights, problem.projection);
    return s.map((value) => value / s[0]!);
  };
  test.each([1, 2])('%i tasks give so many directions', async (count) => {
    expect((await strengths(count))[count]!).toBeLessThan(0.05);
  });
  test('sixteen tasks give all four', async () => {
    expect((await strengths(16))[3]!).toBeGreaterThan(0.15);
  });
});

// Spec C8: predicted 0.082, 0.0162, 0.162, 0.061.
test.each([
  [50, 3, 20, 400],
  [50, 3, 20, 1600],
  [100, 2, 50, 200],
  [50, 3, 200, 100],
])('leak of d %i, r %i, T %i, n %i', async (dimensions, rank, count, n) => {
  const { problem, model } = await trainOn(
    { seed: 3, dimensions, rank, count, n },
    { width: 100, loss: 'correlation' },
  );
  const energy = subspaceEnergy(model.weights, problem.projection);
  const predicted = theory.predictedLeak({
    dimensions,
    rank,
    tasks: count,
    headSamples: n,
    gradientSamples: n,
  });
  const ratio = (1 - energy) / energy / predicted;
  expect(ratio).toBeGreaterThan(0.6);
  expect(ratio).toBeLessThan(1.1);
});

// Spec C9: energies measured with NumPy.
test.each([
  [50, 0.466],
  [200, 0.876],
  [800, 0.977],
  [3200, 0.995],
])('energy with %i samples a task', async (n, expected) => {
  const { problem, model } = await trainOn(
    { seed: 4, dimensions: 50, rank: 2, count: 30, n, make: boolean('balanced') },
    { width: 100 },
  );
  expect(Math.abs(subspaceEnergy(model.weights, problem.projection) - expected)).toBeLessThan(0.03);
});

// Spec C10.
test('centring labels repairs unbalanced tasks', async () => {
  const energy = async (centerLabels: boolean) => {
    const { problem, model } = await trainOn(
      { seed: 5, dimensions: 50, rank: 3, count: 80, n: 1500, make: boolean('uniform') },
      { width: 60, centerLabels },
    );
    return subspaceEnergy(model.weights, problem.projection);
  };
  expect(await energy(false)).toBeLessThan(0.4);
  expect(await energy(true)).toBeGreaterThan(0.97);
});

// Spec C11.
test('losses agree while heads are small', async () => {
  const learn = async (loss: 'hinge' | 'logistic' | 'squared') =>
    (await trainOn({ seed: 6, dimensions: 20, rank: 2, count: 10, n: 500 }, { width: 60, loss })).model
      .weights;
  const hinge = await learn('hinge');
  expect(relativeDifference(await learn('logistic'), hinge)).toBeLessThan(0.02);
  expect(relativeDifference(await learn('squared'), hinge)).toBeLessThan(0.02);
});

// Spec 3.6: too large a step of the heads ruins the features, and is said.
test('large heads are warned of', async () => {
  const of = async (etaHead: number) => {
    const { problem, model } = await trainOn(
      { seed: 7, dimensions: 50, rank: 3, count: 20, n: 1500 },
      { width: 100, etaHead },
    );
    return { energy: subspaceEnergy(model.weights, problem.projection), warnings: model.warnings.join('; ') };
  };
  const [small, large] = [await of(0.01), await of(10)];
  expect(small.energy).toBeGreaterThan(0.94);
  expect(small.warnings).not.toMatch(/smaller etaHead/);
  expect(large.energy).toBeLessThan(0.3);
  expect(large.warnings).toMatch(/smaller etaHead/);
});

// Parity of two signs has h = 0: nothing at first order.
test('tasks that are all even are warned of', async () => {
  const { model } = await trainOn(
    { seed: 8, dimensions: 10, rank: 2, count: 3, n: 2000, make: () => tasks.parity([0, 1]) },
    { width: 40 },
  );
  expect(model.warnings.join()).toMatch(/no task has a first-order signal/);
});

// Spec 3.3: angles of one round; (20, 4, 40, 2000): .09, .12, .16, .20. Larger n shrinks them.
test('angles shrink with samples', async () => {
  const angles = async (n: number) => {
    const { problem, model } = await trainOn(
      { seed: 9, dimensions: 20, rank: 4, count: 40, n },
      { width: 100 },
    );
    return Math.max(...recoveryAngles(model.weights, problem.projection));
  };
  const [few, many] = [await angles(200), await angles(3200)];
  expect(many).toBeLessThan(few / 2);
  expect(many).toBeLessThan(0.25);
});

test('one task has energy but misses directions', async () => {
  const { problem, model } = await trainOn(
    { seed: 10, dimensions: 30, rank: 3, count: 1, n: 10_000 },
    { width: 100 },
  );
  expect(subspaceEnergy(model.weights, problem.projection)).toBeGreaterThan(0.9);
  expect(directionConditioning(model.weights, problem.projection)).toBeLessThan(0.08);
});
