import { fc, test as property } from '@fast-check/vitest';
import {
  flowOde,
  mixtureDenoiser,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  type Control,
} from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import {
  exactSocSample,
  linearCost,
  linearTensorCost,
  lq,
  proximalSoc,
  type ProximalSocOptions,
  type TerminalCost,
} from '../src';
import { costThroughDenoiser } from '../src/soc/exact-controller';
import { adamDescent, gradientDescent } from '../src/soc/descent';
import { float64Space } from '@lab/diffusion-core';
import { affineLaw, firstIs, gaussian, schedule, starts, tensorGaussian } from './support/gaussian';
import { expectRefusal } from './support/throws';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

const run = async (controls: readonly Control<Array64>[], steps = 20): Promise<Array64> =>
  (await sample(gaussian, { schedule, steps, init: starts, key: key(0), controls })).samples;

/** T14: means and deviations of the result are exact, as everything is affine. Mean T = 20, deviation, the same for T = 50. */
type Law = readonly [mean: readonly number[], deviation: readonly number[]];
const regression: readonly (readonly [string, ProximalSocOptions | undefined, Law, Law])[] = [
  [
    'no control',
    undefined,
    [
      [0, 0],
      [0.93697, 0.93697],
    ],
    [
      [0, 0],
      [0.97421, 0.97421],
    ],
  ],
  [
    'the projection, noise kept',
    { optimizer: 'exact', lambda: 0 },
    [
      [1.5, 0.90565],
      [0, 0.61555],
    ],
    [
      [1.5, 0.99255],
      [0, 0.61441],
    ],
  ],
  [
    'lambda 0.5, noise kept',
    { optimizer: 'exact', lambda: 0.5, lambdaReduction: 'sum' },
    [
      [1.51363, 0.83304],
      [0.007, 0.63909],
    ],
    [
      [1.50193, 0.9523],
      [0.00128, 0.6256],
    ],
  ],
  [
    'three gradient steps, noise kept',
    { preset: 'paper' },
    [
      [1.53668, 0.76069],
      [0.01561, 0.6637],
    ],
    [
      [1.50562, 0.9133],
      [0.00352, 0.63738],
    ],
  ],
  [
    'three gradient steps, lambda 1, noise kept',
    { preset: 'paper', lambda: 1 },
    [
      [1.55166, 0.70133],
      [0.02175, 0.68433],
    ],
    [
      [1.51075, 0.88037],
      [0.00632, 0.64788],
    ],
  ],
  [
    'the projection, noise recomputed',
    { optimizer: 'exact', lambda: 0, noise: 'recompute' },
    [
      [1.5, 0.51017],
      [0, 0.7722],
    ],
    [
      [1.5, 0.51392],
      [0, 0.80023],
    ],
  ],
  [
    'three gradient steps, noise recomputed',
    { preset: 'paper', noise: 'recompute' },
    [
      [1.30572, 0.30175],
      [0.1725, 0.83925],
    ],
    [
      [1.37194, 0.30786],
      [0.12088, 0.86921],
    ],
  ],
  [
    'the projection in the first half, noise kept',
    { optimizer: 'exact', lambda: 0, tau: 0.5 },
    [
      [2.24835, 1.04308],
      [0.15924, 0.62115],
    ],
    [
      [2.30754, 1.16834],
      [0.19646, 0.5845],
    ],
  ],
];

describe('the whole sampler on two correlated numbers', () => {
  test.each(regression)('%s', async (_, options, twenty, fifty) => {
    for (const [steps, [mean, deviation]] of [
      [20, twenty],
      [50, fifty],
    ] as const) {
      const tau = options?.tau === undefined ? undefined : { tau: options.tau * steps };
      const controls = options ? [proximalSoc(linearCost(firstIs), { ...options, ...tau })] : [];
      const found = affineLaw(await run(controls, steps));
      expect(found.mean).toBeAllclose(mean, { atol: 1e-3, rtol: 0 });
      expect(found.deviation).toBeAllclose(deviation, { atol: 1e-3, rtol: 0 });
    }
  });

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

describe('switched off, it is the sampler without it, bit for bit', () => {
  const off: readonly (readonly [string, ProximalSocOptions])[] = [
    ['eta 0', { eta: 0 }],
    ['no inner step', { steps: 0 }],
    ['tau 0', { tau: 0 }],
    ['infinite lambda', { lambda: Infinity }],
    ['infinite lambda, exact', { lambda: Infinity, optimizer: 'exact' }],
  ];
  test.each(off)('%s', async (_, options) => {
    expect((await run([proximalSoc(linearCost(firstIs), options)])).data).toEqual((await run([])).data);
  });

  test('Algorithm 1 with eta 0', async () => {
    const sampling = { schedule, steps: 8, shape: [3, 2], key: key(4) };
    const free = await sample(tensorGaussian, sampling);
    const { samples } = await exactSocSample(tensorGaussian, {
      cost: linearTensorCost(firstIs),
      eta: 0,
      sampling,
    });
    expect(samples.dataSync()).toEqual(free.samples.dataSync());
    tf.dispose([samples, free.samples]);
  });
});

describe('the descent', () => {
  const row = (...values: number[]): Array64 => ({
    shape: [1, values.length],
    data: Float64Array.from(values),
  });
  const g = row(0.3, -2, 1e-3);
  test('of Adam begins with the sign of the gradient times the rate, whatever its scale', () => {
    const adam = adamDescent(float64Space);
    const { step } = adam.step(g, undefined, 0.1);
    expect(step.data).toBeAllclose([-0.1, 0.1, -0.099999], { atol: 1e-5, rtol: 0 });
    const thousandfold = row(300, -2000, 1);
    let [small, large] = [adam.step(g, undefined, 0.1), adam.step(thousandfold, undefined, 0.1)];
    for (let k = 0; k < 3; k++) {
      const turned = g.data.map((value, i) => value * Math.cos(i + k));
      small = adam.step({ ...g, data: turned }, small.memory, 0.1);
      large = adam.step({ ...g, data: turned.map((value) => 1000 * value) }, large.memory, 0.1);
      expect(large.step).toBeAllclose(small.step, { rtol: 1e-4 });
    }
  });

  // Kingma & Ba 2015, Algorithm 1, for one entry.
  test('is the same in both spaces, and by the formulas', () => {
    const factors = [1, 0.5, -0.25];
    let [m, v] = [0, 0];
    let [host, device] = [undefined, undefined] as [
      ReturnType<ReturnType<typeof adamDescent<Array64>>['step']> | undefined,
      ReturnType<ReturnType<typeof adamDescent<Tensor>>['step']> | undefined,
    ];
    factors.forEach((factor, k) => {
      m = 0.9 * m + 0.1 * 0.3 * factor;
      v = 0.999 * v + 0.001 * (0.3 * factor) ** 2;
      const expected = (-0.1 * (m / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8);
      host = adamDescent(float64Space).step(float64Space.combine([[factor, g]]), host?.memory, 0.1);
      const gradient = tf.tensor2d(
        Float32Array.from(g.data, (each) => each * factor),
        [1, 3],
      );
      device = adamDescent(tensorSpace).step(gradient, device?.memory, 0.1);
      expect(host.step.data[0]).toBeAllclose(expected, { rtol: 1e-10 });
      expect(device.step).toBeAllclose(host.step, { atol: 1e-5 });
    });
    expect(gradientDescent(float64Space).step(g, undefined, 0.1).step.data).toBeAllclose([-0.03, 0.2, -1e-4]);
  });

  test('has the rate eta (1 - i / T) at level i', async () => {
    const rates: number[] = [];
    const slope: TerminalCost<Array64> = {
      name: 'slope',
      evaluate: (z) => ({
        costs: new Float64Array(z.shape[0]!),
        gradient: { ...z, data: z.data.map(() => 1) },
      }),
    };
    const control = proximalSoc(slope, { eta: 0.2, steps: 1 });
    const watch: Control<Array64> = {
      name: 'watch',
      estimate: (x0, { estimate }) => {
        rates.push(estimate.x0.data[0]! - x0.data[0]!);
        return x0;
      },
    };
    await run([control, watch], 5);
    expect(rates).toBeAllclose([0.2, 0.16, 0.12, 0.08, 0.04], { atol: 1e-7 });
  });
});

describe('the inner loop', () => {
  // M steps of the loop against the closed form of lq, on both kinds of lambda.
  property.prop([
    fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 }),
    fc.double({ min: 0, max: 2, noNaN: true }),
  ])('is the closed form, and never raises the cost below the bound', async (numbers, lambda) => {
    const matrix = fromRows([numbers.slice(0, 3), numbers.slice(3, 6)]);
    const style = numbers.slice(6);
    const cost = linearCost({ matrix, style });
    const bound = lq.stepBound(matrix, lambda);
    const eta = 0.9 * Math.min(bound, 1);
    const x = { shape: [1, 3], data: Float64Array.of(0.2, -1, 0.5) };
    const whole = async (z: Array64): Promise<number> =>
      (await cost.evaluate(z)).costs[0]! +
      lambda * z.data.reduce((sum, value, i) => sum + (value - x.data[i]!) ** 2, 0);
    const settings = { preset: 'paper', eta, lambda, steps: 4 } as const;
    let seen: Array64 | undefined;
    const point: Control<Array64> = {
      name: 'point',
      async estimate(x0, step) {
        seen ??= await proximalSoc(cost, settings).estimate!(x, step);
        return x0;
      },
    };
    const start = { shape: [1, 3], data: new Float64Array(3) };
    const still = mixtureDenoiser({ weights: [1], means: [[0, 0, 0]], covariances: 1, schedule });
    await sample(still, { schedule, steps: 1, init: start, key: key(0), controls: [point] });
    expect(seen!.data).toBeAllclose(lq.descendedPoint(x.data, { matrix, style, lambda, eta, steps: 4 }), {
      atol: 1e-9,
      rtol: 1e-9,
    });
    const [before, after] = [await whole(x), await whole(seen!)];
    expect(after).toBeLessThanOrEqual(before * (1 + 1e-12));
    // How far it went is bounded by what it gained.
    const gain = (await cost.evaluate(x)).costs[0]! - (await cost.evaluate(seen!)).costs[0]!;
    const distance = seen!.data.reduce((sum, value, i) => sum + (value - x.data[i]!) ** 2, 0);
    if (lambda > 1e-3) expect(distance).toBeLessThanOrEqual(gain / lambda + 1e-9);
  });

  test('reports costs, and frees everything, also when it fails', async () => {
    const reports: number[] = [];
    await run([
      proximalSoc(linearCost(firstIs), { onModulation: ({ costs }) => reports.push(costs.length) }),
    ]);
    expect(reports).toEqual(new Array(20).fill(3));
    await expectNoLeak(async () => {
      const control = proximalSoc(linearTensorCost(firstIs), { eta: 0.1 });
      const { samples } = await sample(tensorGaussian, {
        schedule,
        steps: 4,
        shape: [2, 2],
        key: key(1),
        controls: [control],
      });
      samples.dispose();
      const broken = { ...linearTensorCost(firstIs), evaluate: brokenLate() };
      await expectRefusal(
        () =>
          sample(tensorGaussian, {
            schedule,
            steps: 4,
            shape: [2, 2],
            key: key(1),
            controls: [proximalSoc(broken)],
          }),
        'numeric',
        'inner step 1',
      );
      const through = exactSocSample(tensorGaussian, {
        cost: linearTensorCost(firstIs),
        warmStart: true,
        sampling: { schedule, steps: 4, shape: [2, 2], key: key(1) },
      });
      (await through).samples.dispose();
    });
  });
});

/** A cost whose second gradient is not finite. */
function brokenLate(): TerminalCost['evaluate'] {
  let calls = 0;
  return (z) => ({ costs: new Float64Array(2), gradient: tf.fill(z.shape, calls++ === 1 ? NaN : 1) });
}

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

// 3.8: on a rectified flow.
test('with a flow, switched off it is Euler on the ODE; switched on it meets the style', async () => {
  const flow = rectifiedFlowSchedule();
  const mixture = mixtureDenoiser({
    weights: [1, 2],
    means: [
      [-1, 0],
      [1, 1],
    ],
    covariances: 0.2,
    schedule: flow,
  });
  const init = { shape: [4, 2], data: Float64Array.from(normal(key(3), 8)) };
  const make = async (controls: Control<Array64>[]) =>
    (await sample(mixture, { schedule: flow, solver: flowOde(), steps: 25, init, key: key(0), controls }))
      .samples;
  const by = async (eta: number) => make([proximalSoc(linearCost(firstIs), { eta, preset: 'paper' })]);
  // Euler by hand: x' = x + (t' - t) u with u = noise - x0 and the exact posterior mean.
  let x = init;
  for (let i = 0; i < 25; i++) {
    const [t, next] = [1 - i / 25, 1 - (i + 1) / 25];
    const x0 = (await mixture.predict(x, t)).data;
    x = { ...x, data: x.data.map((value, k) => value + ((next - t) * (value - x0[k]!)) / t) };
  }
  expect(await by(0)).toBeAllclose(x, { atol: 1e-10 });
  const styled = await make([proximalSoc(linearCost(firstIs), { optimizer: 'exact' })]);
  for (let b = 0; b < 4; b++) expect(styled.data[2 * b]).toBeAllclose(1.5, { atol: 1e-12 });
});

test.each<[string, () => unknown, string]>([
  ['a negative eta', () => proximalSoc(linearCost(firstIs), { eta: -1 }), 'argument'],
  ['half an inner step', () => proximalSoc(linearCost(firstIs), { steps: 0.5 }), 'argument'],
  ['a step that diverges', () => proximalSoc(linearCost(firstIs), { preset: 'paper', eta: 1.1 }), 'argument'],
  [
    'a formula that is not there',
    () => proximalSoc(linearTensorCost(firstIs), { optimizer: 'exact' }),
    'unsupported',
  ],
  ['tau beyond the steps', () => run([proximalSoc(linearCost(firstIs), { tau: 21 })]), 'argument'],
  ['a style of another size', () => linearCost({ ...firstIs, style: [1, 2] }), 'shape'],
])('refuses %s', (_, act, code) => expectRefusal(act, code));
