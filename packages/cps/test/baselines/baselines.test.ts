import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { normal, key } from '@lab/tensor-core/random';
import {
  cosineSchedule,
  estimate,
  gaussianDenoiser,
  mixtureDenoiser,
  sample,
  tensorSpace,
  levelledBatch,
} from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  all,
  autocorrelation,
  bounds,
  compileConstraints,
  cop,
  copFineTune,
  cps,
  diffTime,
  diffusionTs,
  equality,
  exactPullback,
  fixed,
  guidedDiffTime,
  lossDiffTimeLoss,
  mean,
  networkPullback,
  pdm,
  prodigy,
  rejection,
  rowPenalty,
  unconstrained,
  violationGradient,
} from '../../src';

beforeAll(() => engine());

const size = 4;
const covariance = {
  shape: [size, size],
  data: Float64Array.from(
    { length: size * size },
    (_, at) => 0.8 ** Math.abs(Math.floor(at / size) - (at % size)),
  ),
};
const schedule = cosineSchedule();
const denoiser = gaussianDenoiser({ mean: [0, 0, 0, 0], covariance, schedule });
const shape = [size, 1] as const;
const batchOf = (count: number, seed = 1) => ({
  shape: [count, size, 1],
  data: Float64Array.from(normal(key(seed), count * size)),
});

describe('gradients that guidance is made of', () => {
  test('of the squared violation, against the closed form of linear and box constraints', () => {
    const rows = [
      [1, 2, 0, -1],
      [0, 1, 1, 1],
    ];
    const projector = compileConstraints(all(equality(rows, [0.5, -1]), bounds({ upper: 0.2 })), { shape });
    const x = batchOf(3);
    const found = violationGradient(projector, x);
    for (let b = 0; b < 3; b++) {
      const z = Array.from(x.data.slice(b * size, (b + 1) * size));
      const residuals = rows.map((row, i) => row.reduce((sum, a, j) => sum + a * z[j]!, 0) - [0.5, -1][i]!);
      for (let j = 0; j < size; j++) {
        const expected =
          rows.reduce((sum, row, i) => sum + 2 * residuals[i]! * row[j]!, 0) + 2 * Math.max(0, z[j]! - 0.2);
        // gamma = 1e-5 times the rows' squared norms is the error of the Moreau envelope.
        expect(Math.abs(found.data[b * size + j]! - expected)).toBeLessThan(2e-4 * (1 + Math.abs(expected)));
      }
    }
  });

  test('through a Gaussian posterior mean: the symmetric Jacobian, and the same through a tensor denoiser', async () => {
    const inTensors = gaussianDenoiser({ mean: [0, 0, 0, 0], covariance, schedule, space: tensorSpace });
    const [x, cotangent] = [batchOf(2, 3), batchOf(2, 4)];
    const at = { x, t: 0.6, condition: undefined };
    const exact = await exactPullback(denoiser, schedule)(cotangent, at);
    const mean = await denoiser.predict(cotangent, 0.6); // zero-mean data: x0(v) = J v, and J is symmetric
    exact.data.forEach((value, i) => expect(value).toBeCloseTo(mean.data[i]!, 8));
    await expectNoLeak(async () => {
      const backward = await networkPullback(inTensors, schedule)(cotangent, at);
      backward.data.forEach((value, i) => expect(value).toBeCloseTo(exact.data[i]!, 4));
    });
  });

  test('through the posterior mean of a mixture, which is not affine', async () => {
    const options = { weights: [1, 2], means: [[-2], [2]], covariances: 0.3, schedule };
    const exact = exactPullback(mixtureDenoiser(options), schedule);
    const network = networkPullback(mixtureDenoiser({ ...options, space: tensorSpace }), schedule);
    const x = { shape: [3, 1, 1], data: Float64Array.of(-0.8, 0.1, 1) };
    const cotangent = { shape: [3, 1, 1], data: Float64Array.of(1, 2, -1) };
    const at = { x, t: 0.5, condition: undefined };
    const [a, b] = [await exact(cotangent, at), await network(cotangent, at)];
    a.data.forEach((value, i) => expect(value).toBeCloseTo(b.data[i]!, 3));
  });
});

describe('guided DiffTime', () => {
  test('one step is the tilted noise in both terms', async () => {
    const projector = compileConstraints(fixed({ values: { 0: 1 } }), { shape });
    const init = batchOf(2);
    const rho = 0.4;
    const method = guidedDiffTime({ rho, pullback: exactPullback(denoiser, schedule) });
    const times = schedule.times(2);
    const { alpha, sigma } = { alpha: schedule.alpha(times[0]!), sigma: schedule.sigma(times[0]!) };
    const { x0, noise } = await estimate(denoiser, init, { t: times[0]!, schedule });
    const error = { ...x0, data: x0.data.map((value, i) => (i % size === 0 ? 2 * (value - 1) : 0)) };
    const gradient = await denoiser.predict(error, times[0]!);
    const tilted = noise.data.map((value, i) => value + rho * sigma * gradient.data[i]!);
    const mean = init.data.map((value, i) => (value - sigma * tilted[i]!) / alpha);
    const expected = mean.map(
      (value, i) => schedule.alpha(times[1]!) * value + schedule.sigma(times[1]!) * tilted[i]!,
    );

    let first: Float64Array | undefined;
    await method.run(
      { denoiser, schedule, projector, batch: 2 },
      {
        key: key(0),
        steps: 2,
        init,
        onStep: (point) => {
          if (point.index === 0) first = (point as unknown as { x: { data: Float64Array } }).x.data.slice();
        },
      },
    );
    first!.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
  });

  test('with rho 0 it is unconstrained', async () => {
    const projector = compileConstraints(mean({ value: 1 }), { shape });
    const problem = { denoiser, schedule, projector, batch: 5 };
    const method = guidedDiffTime({ rho: 0, pullback: exactPullback(denoiser, schedule) });
    const guided = await method.run(problem, { key: key(2), steps: 8 });
    const free = await unconstrained().run(problem, { key: key(2), steps: 8 });
    guided.samples.data.forEach((value, i) => expect(value).toBeCloseTo(free.samples.data[i]!, 9));
    expect(() => guidedDiffTime({ rho: -1, pullback: exactPullback(denoiser, schedule) })).toThrow('rho');
  });
});

describe('projections of the noisy state', () => {
  const projector = compileConstraints(mean({ value: 0.5 }), { shape });
  const problem = { denoiser, schedule, projector, batch: 6 };

  test('PRODIGY ends on the constraints; its first step mixes by 1 / N', async () => {
    const init = batchOf(6);
    const free = await sample(denoiser, { schedule, steps: 4, init, key: key(0), onStep: () => undefined });
    expect(free.steps).toBe(4);
    const { violation } = await prodigy().run(problem, { key: key(0), steps: 4, init });
    expect(Math.max(...violation)).toBeLessThan(1e-9);
    const states: Float64Array[] = [];
    const collect = (point: object): void => {
      states.push((point as { x: { data: Float64Array } }).x.data.slice());
    };
    await unconstrained().run(problem, { key: key(0), steps: 4, init, onStep: collect });
    const [expected] = states.splice(0);
    await prodigy().run(problem, { key: key(0), steps: 4, init, onStep: collect });
    for (let b = 0; b < 6; b++) {
      const row = expected!.subarray(b * size, (b + 1) * size);
      const shift = 0.25 * (0.5 - row.reduce((a, c) => a + c, 0) / size);
      row.forEach((value, i) => expect(states[0]![b * size + i]!).toBeCloseTo(value + shift, 9));
    }
  });

  test('PDM uses its Langevin steps and ends on the constraints', async () => {
    const { violation, modelCalls } = await pdm({ langevin: 3 }).run(problem, { key: key(0), steps: 5 });
    expect(modelCalls).toBe(15);
    expect(Math.max(...violation)).toBeLessThan(1e-9);
  });
});

describe('rejection', () => {
  test('keeps what satisfies an inequality, from the free law', async () => {
    const projector = compileConstraints(bounds({ lower: 0, steps: [0] }), { shape });
    const problem = { denoiser, schedule, projector, batch: 300 };
    const { samples, violation } = await rejection({ rounds: 20, threshold: 1e-9 }).run(problem, {
      key: key(1),
      steps: 20,
    });
    expect(Math.max(...violation)).toBeLessThan(1e-9);
    const first = Array.from({ length: 300 }, (_, b) => samples.data[b * size]!);
    // A standard normal given that it is positive has mean sqrt(2 / pi); DDIM in 20 steps contracts a little.
    expect(first.reduce((a, b) => a + b, 0) / 300).toBeCloseTo(Math.sqrt(2 / Math.PI), 1);
  });

  test('reports what it did not find', async () => {
    const projector = compileConstraints(mean({ value: 4 }), { shape });
    const { violation, modelCalls } = await rejection({ rounds: 3 }).run(
      { denoiser, schedule, projector, batch: 4 },
      { key: key(1), steps: 5 },
    );
    expect(Math.min(...violation)).toBeGreaterThan(0.5);
    expect(modelCalls).toBe(15);
  });
});

describe('COP', () => {
  const projector = compileConstraints(mean({ value: 0.5 }), { shape });
  const problem = { denoiser, schedule, projector, batch: 5 };

  test('is the projection of training series; fine-tuning that of free samples', async () => {
    const training = batchOf(3, 8);
    const { samples, modelCalls } = await cop({ training }).run(problem, { key: key(0) });
    expect(modelCalls).toBe(0);
    for (let b = 0; b < 5; b++) {
      const made = samples.data.subarray(b * size, (b + 1) * size);
      const isShifted = [0, 1, 2].some((n) => {
        const seed = training.data.subarray(n * size, (n + 1) * size);
        const shift = 0.5 - seed.reduce((a, c) => a + c, 0) / size;
        return seed.every((value, i) => Math.abs(value + shift - made[i]!) < 1e-9);
      });
      expect(isShifted).toBe(true);
    }
    const tuned = await copFineTune().run(problem, { key: key(0), steps: 6 });
    const postHoc = await cps({ gamma: 'posthoc' }).run(problem, { key: key(0), steps: 6 });
    tuned.samples.data.forEach((value, i) => expect(value).toBeCloseTo(postHoc.samples.data[i]!, 9));
  });
});

describe('Diffusion-TS', () => {
  test('fills given entries exactly and leaves the rest to the model', async () => {
    const projector = compileConstraints(fixed({ values: { 0: 1.5, 3: -0.5 } }), { shape });
    const values = {
      shape: [200, size],
      data: Float64Array.from({ length: 800 }, (_, i) => [1.5, 0, 0, -0.5][i % 4]!),
    };
    const method = diffusionTs({ mask: [1, 0, 0, 1], values, pullback: exactPullback(denoiser, schedule) });
    const { samples, violation } = await method.run(
      { denoiser, schedule, projector, batch: 200 },
      { key: key(1), steps: 30 },
    );
    expect(Math.max(...violation)).toBe(0);
    // Pulled towards its given neighbour: E[x_1 | x_0, x_3] is positive, E[x_1] is 0.
    const second = Array.from({ length: 200 }, (_, b) => samples.data[b * size + 1]!);
    expect(second.reduce((a, b) => a + b, 0) / 200).toBeGreaterThan(0.4);
  });

  test('refuses values of another batch', () => {
    const projector = compileConstraints(fixed({ values: { 0: 1 } }), { shape });
    const method = diffusionTs({
      mask: [1, 0, 0, 0],
      values: { shape: [1, size], data: new Float64Array(size) },
      pullback: exactPullback(denoiser, schedule),
    });
    expect(() => method.run({ denoiser, schedule, projector, batch: 2 }, { key: key(0) })).toThrow(
      'values are',
    );
  });
});

describe('DiffTime and Loss-DiffTime', () => {
  test('DiffTime hands its parameters to a conditional denoiser', async () => {
    const projector = compileConstraints(mean({ value: 1 }), { shape });
    const seen: unknown[] = [];
    const conditional = {
      ...denoiser,
      predict: (x: Parameters<typeof denoiser.predict>[0], t: number, condition?: unknown) => {
        seen.push(condition);
        return denoiser.predict(x, t);
      },
    };
    const parameters = tf.tensor2d([[1], [2]]);
    await diffTime({ parameters }).run(
      { denoiser: conditional, schedule, projector, batch: 2 },
      { key: key(0), steps: 2 },
    );
    expect(seen).toEqual([{ continuous: parameters }, { continuous: parameters }]);
    parameters.dispose();
  });

  test('the penalty is the sum of squared violations', async () => {
    const value = tf.tidy(() =>
      rowPenalty(
        tf.tensor3d([
          [[1], [2]],
          [[0], [0]],
        ]),
        {
          matrix: tf.tensor2d([
            [1, 0],
            [1, 1],
          ]),
          lower: tf.tensor1d([2, -1e9]),
          upper: tf.tensor1d([2, 1]),
        },
      ),
    );
    // Sample 1: row 1 gives 3 against 2, row 2 gives 2 against at most 1; sample 2: 0 against 2.
    expect((await value.data())[0]).toBeCloseTo((1 + 1 + 4) / 2, 6);
    value.dispose();
  });

  test.each(['epsilon', 'sample', 'v', 'velocity'] as const)(
    'a perfect network that predicts %s is charged for its violation alone',
    async (predicts) => {
      const flow = cosineSchedule();
      const x0 = tf.tensor3d([[[0.5], [1]]]);
      const noise = tf.tensor3d([[[1], [-1]]]);
      const [alpha, sigma] = [flow.alpha(0.4), flow.sigma(0.4)];
      const outputs = {
        epsilon: () => noise,
        sample: () => x0,
        v: () => tf.sub(tf.mul(alpha, noise), tf.mul(sigma, x0)),
        velocity: () => tf.sub(noise, x0),
      };
      const batch = { x0, noise, t: [0.4] };
      const options = {
        network: { apply: () => outputs[predicts]() },
        schedule: flow,
        predicts,
        penalty: (mean: Tensor) => tf.sum(tf.square(mean)),
        weight: 3,
      };
      const loss = lossDiffTimeLoss({}, batch, options);
      expect((await loss.data())[0]).toBeCloseTo(3 * (0.25 + 1), 4);
      const levelled = levelledBatch(batch, options);
      const same = lossDiffTimeLoss({}, levelled, options);
      expect(await same.data()).toEqual(await loss.data());
      disposeTree([levelled, loss, same]);
    },
  );
});

test('realism budgets are given to COP by the caller', async () => {
  const length = 12;
  const training = { shape: [2, length, 1], data: Float64Array.from(normal(key(3), 2 * length)) };
  const user = mean({ value: 0.7 });
  const projector = compileConstraints(user, { shape: [length, 1] });
  const near = compileConstraints(all(user, autocorrelation({ lag: 1, lower: 0.2 })), { shape: [length, 1] });
  const { samples, violation } = await cop({ training, withRealism: () => near }).run(
    { denoiser, schedule, projector, batch: 4 },
    { key: key(1) },
  );
  expect(Math.max(...violation)).toBeLessThan(1e-9);
  expect(Math.max(...near.violation(samples))).toBeLessThan(1e-4);
});
