import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  cosineDecay,
  disposeTree,
  engine,
  memoryCheckpoints,
  treeLeaves,
  type Tensor,
} from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  arrayData,
  cosineSchedule,
  denoisingLoss,
  drawTimes,
  gaussianDenoiser,
  mlpDenoiser,
  sample,
  tensorSpace,
  timeSeriesTransformer,
  trainDenoiser,
  uniformTimes,
  type DenoisingNetwork,
} from '../src';
import { epochIndices } from '../src/training/training-data';

beforeAll(() => engine());

const schedule = cosineSchedule({ offset: 0, scale: 0.98 });
const length = 12;
const rho = 0.9;

/** Stationary autoregressive series: covariance rho^|i - j|. */
function series(count: number, seed: number): Array64 {
  const noise = normal(key(seed), [count, length]);
  const data = new Float64Array(count * length);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < length; i++) {
      const at = n * length + i;
      data[at] = i === 0 ? noise[at]! : rho * data[at - 1]! + Math.sqrt(1 - rho ** 2) * noise[at]!;
    }
  return { shape: [count, length, 1], data };
}

const covariance = Array.from({ length }, (_, i) => Array.from({ length }, (_, j) => rho ** Math.abs(i - j)));
const times = { law: uniformTimes(0.05) };

/** The least possible loss: the error of the exact posterior mean, averaged over the times of training. */
function oracleLoss(): number {
  const exact = gaussianDenoiser({ mean: new Float64Array(length), covariance, schedule });
  const count = 2000;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const t = 0.05 + (0.95 * (i + 0.5)) / count;
    // The error of v is that of x0 divided by sigma (alpha^2 + sigma^2 = 1).
    total += exact.posteriorTrace(t) / schedule.sigma(t) ** 2 / length / count;
  }
  return total;
}

async function validationLoss<P>(network: DenoisingNetwork<P>, params: P): Promise<number> {
  const count = 4000;
  const { x0 } = arrayData(series(count, 99)).batch(Array.from({ length: count }, (_, i) => i));
  const noise = tensorSpace.normal(key(100), x0.shape);
  const t = drawTimes(key(101), count, times);
  const loss = denoisingLoss(params, { x0, noise, t }, { network, schedule, predicts: 'v' });
  const [value] = await loss.data();
  disposeTree([x0, noise, loss]);
  return value!;
}

describe('training comes near the least possible loss', () => {
  test('mlpDenoiser', async () => {
    await expectNoLeak(async () => {
      const network = mlpDenoiser({ shape: [length, 1], width: 64 });
      const data = arrayData(series(4000, 1));
      const before = network.init(key(0));
      const untrained = await validationLoss(network, before);
      disposeTree(before);
      const { denoiser, params, losses } = await trainDenoiser({
        network,
        schedule,
        predicts: 'v',
        data,
        steps: 700,
        optimizer: adam({ learningRate: cosineDecay({ from: 4e-3, steps: 700 }) }),
        ema: { decay: 0.98 },
        times,
        key: key(0),
      });
      const oracle = oracleLoss();
      const trained = await validationLoss(network, params);
      expect(losses).toHaveLength(700);
      expect(untrained).toBeGreaterThan(1.5 * oracle);
      expect(trained).toBeLessThan(1.05 * oracle);
      expect(trained).toBeGreaterThan(0.97 * oracle); // nothing can be better, up to the noise of 4000 series

      const { samples } = await sample(denoiser, {
        schedule,
        steps: 30,
        shape: [2000, length, 1],
        key: key(7),
      });
      const x = await samples.data();
      const moment = (lag: number): number => {
        let sum = 0;
        for (let n = 0; n < 2000; n++) sum += x[n * length + 3]! * x[n * length + 3 + lag]!;
        return sum / 2000;
      };
      expect(Math.abs(moment(0) - 1)).toBeLessThan(0.15);
      expect(Math.abs(moment(1) - rho)).toBeLessThan(0.15);
      expect(Math.abs(moment(5) - rho ** 5)).toBeLessThan(0.15);
      samples.dispose();
      disposeTree(params);
    });
  });

  test('timeSeriesTransformer', async () => {
    const network = timeSeriesTransformer({ length, channels: 1, width: 32, heads: 2, patch: 3 });
    const { params } = await trainDenoiser({
      network,
      schedule,
      predicts: 'v',
      data: arrayData(series(4000, 1)),
      steps: 150,
      optimizer: adam({ learningRate: cosineDecay({ from: 3e-3, steps: 150 }) }),
      times,
      key: key(0),
      ema: { decay: 0.95 },
    });
    const found = await validationLoss(network, params);
    expect(found).toBeLessThan(1.2 * oracleLoss());
    disposeTree(params);
  });
});

describe('trainDenoiser', () => {
  const network = mlpDenoiser({ shape: [length, 1], width: 8, depth: 1 });
  const data = arrayData(series(50, 2));
  const options = {
    network,
    schedule,
    predicts: 'epsilon' as const,
    data,
    steps: 12,
    batchSize: 8,
    key: key(3),
  };
  const weights = (params: unknown): number[][] =>
    (treeLeaves(params as never) as unknown as Tensor[]).map((leaf) => Array.from(leaf.dataSync()));

  test('stopped and called again it ends with the same weights, bit for bit', async () => {
    await expectNoLeak(async () => {
      const whole = await trainDenoiser(options);
      const checkpoint = memoryCheckpoints();
      const controller = new AbortController();
      const stopped = trainDenoiser({
        ...options,
        checkpoint,
        signal: controller.signal,
        onStep: ({ step }) => {
          if (step === 5) controller.abort();
        },
      });
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
      const resumed = await trainDenoiser({ ...options, checkpoint });
      expect(resumed.resumedFrom).toBe(5);
      expect(resumed.losses).toEqual(whole.losses);
      expect(weights(resumed.params)).toEqual(weights(whole.params));
      const other = await trainDenoiser({ ...options, key: key(4) });
      expect(weights(other.params)).not.toEqual(weights(whole.params));
      disposeTree([whole.params, resumed.params, other.params]);
    });
  });

  test('metadata: it learns to use them, and to do without', async () => {
    // Series that are constant at a level known from the category: with it the noise can be told exactly.
    const categories = Float64Array.from({ length: 64 }, (_, n) => n % 2);
    const levels = {
      shape: [64, length, 1],
      data: new Float64Array(64 * length).map((_, i) => (Math.floor(i / length) % 2 ? 1 : -1)),
    };
    const data = arrayData(levels, { categorical: { shape: [64, 1], data: categories } });
    const conditional = mlpDenoiser({ shape: [length, 1], width: 32, metadata: { categories: [2] } });
    const { denoiser, params } = await trainDenoiser({
      network: conditional,
      schedule,
      predicts: 'sample',
      data,
      steps: 400,
      withhold: 0.3,
      ema: false,
      key: key(0),
    });
    const x = tensorSpace.normal(key(1), [64, length, 1]);
    const { condition, x0 } = data.batch(Array.from({ length: 64 }, (_, i) => i));
    const known = await denoiser.predict(x, 1, condition);
    const unknown = await denoiser.predict(x, 1);
    const meanOf = (each: Tensor, category: number): number => {
      const own = Array.from(each.dataSync()).filter((_, i) => Math.floor(i / length) % 2 === category);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    expect(Math.abs(meanOf(known, 0) + 1)).toBeLessThan(0.25);
    expect(Math.abs(meanOf(known, 1) - 1)).toBeLessThan(0.25);
    // At t = 1 next to nothing of the sample is left: without the category the answer is the mean, 0.
    for (const category of [0, 1]) expect(Math.abs(meanOf(unknown, category))).toBeLessThan(0.25);
    disposeTree([x, known, unknown, x0, condition, params]);
  });

  test('custom weights, starting weights and evaluation', async () => {
    await expectNoLeak(async () => {
      const start = network.init(key(9));
      const copy = weights(start);
      const { params, evaluations } = await trainDenoiser({
        ...options,
        params: start,
        weighting: 'min-snr',
        evaluate: (_, { step }) => ({ step }),
        evaluateEvery: 6,
      });
      expect(evaluations.map(({ metrics }) => metrics.step)).toEqual([6, 12]);
      expect(weights(start)).toEqual(copy);
      disposeTree([params, start]);
    });
  });

  test.each([
    ['an empty batch', { batchSize: 0 }],
    ['a share above 1', { withhold: 2 }],
  ])('refuses %s', async (_, change) => {
    await expect(trainDenoiser({ ...options, ...change })).rejects.toMatchObject({ code: 'argument' });
  });
});

describe('training data', () => {
  test('epochs go through all samples in another order each', () => {
    const indices = epochIndices(10, 4);
    const seen = [0, 1, 2, 3, 4].flatMap((step) => [...indices(key(0), step)]);
    const [first, second] = [seen.slice(0, 10), seen.slice(10)];
    expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...second].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(first).not.toEqual(second);
    expect([...epochIndices(10, 4)(key(0), 3)]).toEqual(seen.slice(12, 16)); // a function of its arguments alone
  });

  test('gathers samples and metadata, and refuses what does not fit', () => {
    const samples = { shape: [3, 2], data: Float64Array.of(0, 1, 10, 11, 20, 21) };
    const continuous = { shape: [3, 1], data: Float64Array.of(5, 6, 7) };
    const { x0, condition } = arrayData(samples, { continuous }).batch([2, 0]);
    expect(x0).toBeAllclose([
      [20, 21],
      [0, 1],
    ]);
    expect(condition!.continuous).toBeAllclose([[7], [5]]);
    disposeTree([x0, condition]);
    expect(() => arrayData({ shape: [0, 2], data: new Float64Array(0) })).toThrow(/n >= 1/);
    expect(() => arrayData({ shape: [1, 2], data: Float64Array.of(1, Number.NaN) })).toThrow(/finite/);
    expect(() => arrayData(samples, { continuous: { shape: [2, 1], data: new Float64Array(2) } })).toThrow(
      /one row/,
    );
  });
});
