import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { key } from '@lab/tensor-core/random';
import { linearProblem, stslSample } from '../../src';
import { state } from '../support';
import { pixels, scalar, schedule, standard, times } from './exact-problems';

const [last] = times.slice(-2) as [number];
const [alpha, sigma] = [schedule.alpha, schedule.sigma];

describe('finalLevel', () => {
  // Under N(0, 1) the last estimates are x0 = alpha z and noise = sigma z.
  test.each([0.9999, 0.9])(
    '%d ends at that signal level, with the noise estimate that it lacks',
    async (level) => {
      const run = async (finalLevel?: number): Promise<number> => {
        const options = { times, inner: 0, init: { state: state([0.7]) }, key: key(0) };
        const { latents } = await stslSample(scalar(), { ...options, ...(finalLevel && { finalLevel }) });
        return latents.data[0]!;
      };
      const ratio = Math.sqrt(level) + (Math.sqrt(1 - level) * sigma(last)) / alpha(last);
      expect((await run(level)) / (await run())).toBeAllclose(ratio, { rtol: 1e-12, atol: 0 });
      expect(await run(1)).toBe(await run());
    },
  );
});

describe('ddimEta', () => {
  const count = 4000;
  /** Of a clean latent that began as 0: all its variance is fresh noise. */
  const spread = async (ddimEta: number): Promise<{ mean: number; variance: number }> => {
    const zeros = { shape: [count, 1], data: new Float64Array(count) };
    const problem = linearProblem({
      prior: standard(1),
      matrix: { shape: [1, 1], data: Float64Array.of(1) },
      y: zeros,
      autoencoder: pixels(1),
    });
    const { latents } = await stslSample(problem, {
      times,
      inner: 0,
      init: { state: zeros },
      ddimEta,
      key: key(3),
    });
    const mean = latents.data.reduce((sum, each) => sum + each, 0) / count;
    return { mean, variance: latents.data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / count };
  };
  /** z' = (a' a + sqrt(b'^2 - s^2) b) z + s xi, s = eta (b' / b) sqrt(1 - a^2 / a'^2). */
  const byHand = (eta: number): number => {
    let variance = 0;
    times.slice(0, -1).forEach((t, i) => {
      const next = times[i + 1]!;
      const [a, b, a1, b1] = [alpha(t), sigma(t), alpha(next), sigma(next)];
      const s = ((eta * b1) / b) * Math.sqrt(1 - a ** 2 / a1 ** 2);
      variance = (a1 * a + Math.sqrt(b1 ** 2 - s ** 2) * b) ** 2 * variance + s ** 2;
    });
    return variance;
  };
  test.each([0.5, 1])('%d adds the noise of its formula', async (eta) => {
    const { mean, variance } = await spread(eta);
    const expected = byHand(eta);
    expect(expected).toBeGreaterThan(0.1);
    // Four standard errors.
    expect(variance).toBeAllclose(expected, { rtol: 0, atol: 4 * expected * Math.sqrt(2 / count) });
    expect(mean).toBeAllclose(0, { rtol: 0, atol: 4 * Math.sqrt(expected / count) });
  });
  test('0 adds none', async () => {
    expect((await spread(0)).variance).toBe(0);
  });
});

describe('onLevel', () => {
  test('is told every level but the clean one, with the residuals before its last step', async () => {
    const [lambda, inner] = [0.2, 3];
    const seen: { readonly t: number; readonly residuals: Float64Array }[] = [];
    const { latents } = await stslSample(scalar(), {
      times,
      inner,
      eta: 0,
      step: { kind: 'fixed', lambda },
      init: { state: state([0.5]) },
      key: key(0),
      onLevel: (level) => void seen.push(level),
    });
    expect(seen.map(({ t }) => t)).toEqual(times.slice(0, -1));
    // A step takes z to z + 2 lambda alpha (1 - alpha z), and the residual to 1 - 2 lambda alpha^2 of itself.
    let z = 0.5;
    seen.forEach(({ t, residuals }, i) => {
      const [a, b] = [alpha(t), sigma(t)];
      const shrink = 1 - 2 * lambda * a ** 2;
      expect(residuals).toBeAllclose([((1 - a * z) * shrink ** (inner - 1)) ** 2], {
        rtol: 1e-9,
        atol: 1e-15,
      });
      for (let k = 0; k < inner; k++) z += 2 * lambda * a * (1 - a * z);
      const next = times[i + 1]!;
      z = (alpha(next) * a + sigma(next) * b) * z;
    });
    expect(latents.data[0]).toBeAllclose(z, { rtol: 1e-12, atol: 0 });
  });
  test('is not told of levels without steps', async () => {
    let calls = 0;
    await stslSample(scalar(), { times, inner: 0, init: 'noise', key: key(0), onLevel: () => (calls += 1) });
    expect(calls).toBe(0);
  });
});
