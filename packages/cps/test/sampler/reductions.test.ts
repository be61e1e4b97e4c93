import { key } from '@lab/tensor-core/random';
import { cosineSchedule, gaussianDenoiser, sample } from '@lab/diffusion-core';
import { describe, expect, test } from 'vitest';
import {
  all,
  bounds,
  compileConstraints,
  cps,
  ddnm,
  equality,
  fixed,
  postHoc,
  unconstrained,
} from '../../src';

/** An autoregressive Gaussian over 6 steps: correlated, so that methods differ. */
const size = 6;
const covariance = {
  shape: [size, size],
  data: Float64Array.from(
    { length: size * size },
    (_, at) => 0.8 ** Math.abs(Math.floor(at / size) - (at % size)),
  ),
};
const schedule = cosineSchedule();
const denoiser = gaussianDenoiser({ mean: new Float64Array(size), covariance, schedule });
const shape = [size, 1] as const;
const batch = 7;
const run = { key: key(3), steps: 20 };
const rows = [
  [1, 1, 1, 1, 1, 1],
  [1, 0, 0, 0, 0, -1],
];
const affine = compileConstraints(equality(rows, [1.2, 0.4]), { shape });

const close = (a: Float64Array, b: Float64Array, tolerance = 1e-12) => {
  expect(a.length).toBe(b.length);
  a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThanOrEqual(tolerance));
};

describe('what CPS becomes in special cases', () => {
  test('without constraints it is DDIM', async () => {
    const projector = compileConstraints(all(), { shape });
    const problem = { denoiser, schedule, projector, batch };
    const free = await unconstrained().run(problem, run);
    for (const gamma of ['exp', 'hard'] as const)
      close((await cps({ gamma }).run(problem, run)).samples.data, free.samples.data);
  });

  test('with gamma 0 except in the last step it is the projection of DDIM', async () => {
    const problem = { denoiser, schedule, projector: affine, batch };
    const { samples } = await unconstrained().run(problem, run);
    affine.project(samples);
    close((await postHoc().run(problem, run)).samples.data, samples.data);
  });

  test('on an affine set with gamma hard it is DDNM', async () => {
    const problem = { denoiser, schedule, projector: affine, batch };
    const matrix = { shape: [2, size], data: Float64Array.from(rows.flat()) };
    const nullSpace = ddnm({ matrix, values: { shape: [2], data: Float64Array.of(1.2, 0.4) } });
    const expected = await nullSpace.run(problem, run);
    close((await cps({ gamma: 'hard' }).run(problem, run)).samples.data, expected.samples.data, 1e-11);
    expect(expected.violation.every((violation) => violation < 1e-12)).toBe(true);
  });

  test('with one step it is the projected posterior mean', async () => {
    const problem = { denoiser, schedule, projector: affine, batch };
    const init = { shape: [batch, ...shape], data: Float64Array.from({ length: 42 }, (_, i) => Math.sin(i)) };
    const mean = await denoiser.predict(init, 1);
    const copy = { shape: init.shape, data: Float64Array.from(mean.data) };
    affine.project(copy);
    close((await cps().run(problem, { key: key(0), steps: 1, init })).samples.data, copy.data);
  });

  test('on a single series it is that series', async () => {
    const only = [0.3, -1, 2, 0, 0.5, 1];
    const projector = compileConstraints(fixed({ values: Object.fromEntries(only.entries()) }), { shape });
    const { samples } = await cps().run({ denoiser, schedule, projector, batch }, run);
    close(
      samples.data,
      Float64Array.from({ length: batch * size }, (_, i) => only[i % size]!),
    );
  });

  test('with eta 0 it is deterministic, and its only randomness is the start', async () => {
    const problem = { denoiser, schedule, projector: affine, batch };
    const init = { shape: [batch, ...shape], data: Float64Array.from({ length: 42 }, (_, i) => Math.cos(i)) };
    const one = await cps().run(problem, { ...run, key: key(1), init });
    const two = await cps().run(problem, { ...run, key: key(2), init });
    expect(one.samples.data).toEqual(two.samples.data);
    const noisy = await cps({ eta: 1 }).run(problem, { ...run, key: key(1), init });
    expect(noisy.samples.data).not.toEqual(one.samples.data);
  });
});

test('the violation rate is exactly 0 at 1e-6', async () => {
  const projector = compileConstraints(
    all(equality(rows, [1.2, 0.4]), bounds({ lower: -0.6, upper: 1.4 }), fixed({ values: { 2: 0.1 } })),
    { shape },
  );
  const problem = { denoiser, schedule, projector, batch: 200 };
  for (const gamma of ['exp', 'hard', 'linear', 'power', 'posthoc'] as const)
    for (const penalty of ['l1', 'quadratic'] as const) {
      const { violation } = await cps({ gamma, penalty }).run(problem, run);
      expect(violation.filter((total) => total > 1e-6).length).toBe(0);
    }
  const free = await sample(denoiser, { schedule, steps: 20, shape: [200, ...shape], key: key(3) });
  expect(projector.violation(free.samples).every((total) => total > 1e-6)).toBe(true);
});
