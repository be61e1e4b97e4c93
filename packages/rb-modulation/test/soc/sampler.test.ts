import { flowOde, mixtureDenoiser, rectifiedFlowSchedule, sample, type Control } from '@lab/diffusion-core';
import { engine, tf } from '@lab/tensor-core';
import { type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  exactSocSample,
  linearCost,
  linearTensorCost,
  proximalSoc,
  type ProximalSocOptions,
} from '../../src';
import { affineLaw, firstIs, run, schedule, tensorGaussian } from '../support/gaussian';
import { expectRefusal } from '../support/throws';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

/** Means and deviations of the result are exact, as everything is affine. Mean T = 20, deviation, the same for T = 50. */
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
