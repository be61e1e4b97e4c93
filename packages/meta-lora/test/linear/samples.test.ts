import { describe, expect, test } from 'vitest';
import { identity, matmul, norm, svd, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { linear } from '../../src';
import { column, gaussian, gram, matrix, minus } from '../support/matrices';

const {
  adapterDirection,
  drawLinearSamples,
  drawLinearTasks,
  fineTuneLinear,
  linearTasks,
  momentsOf,
  retrainLinear,
} = linear;

test('M10: the trace of three outer steps', () => {
  const shared = matrix([1, 0.5], [0.5, -1]);
  const { targets } = linearTasks(shared, [column(1, 0), column(0, 1), column(1, 1), column(1, 1)]);
  const tasks = targets.map((cross) => ({ covariance: identity(2), cross, samples: 1 }));
  const start = [column(0.1, 0.2), column(0.2, 0.1), column(0.1, -0.1)];
  const after = (outerSteps: number) =>
    retrainLinear(tasks, {
      rank: 1,
      key: key(0),
      start,
      outerSteps,
      innerSteps: 2,
      innerRate: 0.05,
      outerRate: 0.1,
    });
  const lossOf = ({ base, factors }: ReturnType<typeof after>): number =>
    targets.reduce(
      (sum, target, t) => sum + 0.5 * norm(minus(minus(target, base), gram(factors[t]!))) ** 2,
      0,
    );
  [6.4327956332, 5.3863980494, 4.5061621072].forEach((loss, i) =>
    expect(lossOf(after(i + 1))).toBeCloseTo(loss, 9),
  );
  const { base, factors } = after(3);
  [0.4349774298, 0.2187912121, 0.2187912121, -0.0944860442].forEach((v, i) =>
    expect(base.data[i]).toBeCloseTo(v, 9),
  );
  [0.3373680024, 0.1401088289, 0.3461971708, 0.1607435113, 0.1807892033, 0.003930575].forEach((v, i) =>
    expect(factors[i >> 1]!.data[i % 2]).toBeCloseTo(v, 9),
  );
});

test('M11: the direction from moments is the derivative of the loss on samples', () => {
  const [d, k, n] = [5, 2, 12];
  const [base, u, x, y] = [
    gaussian(1, [d, d]),
    gaussian(2, [d, k]),
    gaussian(3, [d, n]),
    gaussian(4, [d, n]),
  ];
  const lossOf = (factor: Array64): number => {
    const layer = { shape: [d, d], data: base.data.map((v, i) => v + gram(factor).data[i]!) };
    return norm(minus(matmul(layer, x), y)) ** 2 / (2 * n);
  };
  const { covariance, cross } = momentsOf(x, y);
  const direction = adapterDirection(minus(matmul(base, covariance), cross), covariance, u);
  u.data.forEach((_, i) => {
    const nudged = (by: number): Array64 => ({
      shape: u.shape,
      data: u.data.map((v, j) => v + (i === j ? by : 0)),
    });
    const slope = (lossOf(nudged(1e-5)) - lossOf(nudged(-1e-5))) / 2e-5;
    expect(Math.abs(slope - direction.data[i]!)).toBeLessThan(1e-8 * Math.max(1, Math.abs(slope)));
  });
});

describe('M12: the rate of fine-tuning from the true base', () => {
  const errorOf = (d: number, k: number, n: number, full: boolean): number => {
    const errors = Array.from({ length: 20 }, (_, seed) => {
      const tasks = drawLinearTasks(foldIn(key(12), seed), { dimensions: d, rank: Math.max(k, 1), tasks: 1 });
      const { x, y } = drawLinearSamples(foldIn(key(120), seed), tasks.test, { samples: n, noise: 0.1 });
      const moments = momentsOf(x, y);
      const adapted = full
        ? linear.standardRetrainLinear([moments])
        : fineTuneLinear(tasks.shared, moments, { rank: k, key: key(seed), steps: 6000 });
      return norm(minus(adapted, tasks.test)) ** 2;
    });
    return errors.reduce((a, b) => a + b) / errors.length;
  };
  test.each([
    [10, 1, 100, 0.0021],
    [10, 2, 100, 0.0041],
    [10, 1, 400, 0.000483],
    [20, 1, 200, 0.00193],
  ])('d=%i k=%i n=%i: %f', (d, k, n, expected) => {
    expect(Math.abs(errorOf(d, k, n, false) / expected - 1)).toBeLessThan(0.25);
    expect(linear.expectedRisk(k, [d, d], { samples: n, noise: 0.1 }) / expected).toBeCloseTo(1, 0);
  });
  test('all of the layer at once: 0.0118', () => {
    expect(Math.abs(errorOf(10, 0, 100, true) / 0.01183 - 1)).toBeLessThan(0.25);
  });
});

test('from samples the base is recovered up to the noise', () => {
  const tasks = drawLinearTasks(key(21), { dimensions: 6, rank: 1, tasks: 3 });
  const moments = tasks.targets.map((target, t) => {
    const { x, y } = drawLinearSamples(foldIn(key(22), t), target, { samples: 2000, noise: 0.01 });
    return momentsOf(x, y);
  });
  const { base } = retrainLinear(moments, { rank: 1, key: key(0) });
  expect(svd(minus(base, tasks.shared)).s[0]).toBeLessThan(0.01);
  expect(() => retrainLinear(moments, { rank: 1, key: key(0), outerRate: 100 })).toThrow(/diverged/);
  expect(() => momentsOf(gaussian(1, [3, 4]), gaussian(2, [3, 5]))).toThrow(/same samples/);
});
