import { key } from '@lab/tensor-core/random';
import { float64Space } from '@lab/diffusion-core';
import { describe, expect, test } from 'vitest';
import {
  compileConstraints,
  cps,
  dtw,
  exactPullback,
  forecastError,
  frechetBetween,
  guidedDiffTime,
  momentsOf,
  postHoc,
  prodigy,
  violationSummary,
  type SeriesMethod,
} from '../../src';
import {
  constraintsAt,
  covariance,
  drawSeries,
  exactDenoiser,
  length,
  schedule,
  type Level,
} from '../../src/experiments/gaussian-process/process';

const count = 600;
const real = drawSeries(key(11), count);
const fresh = drawSeries(key(12), count);
const denoiser = exactDenoiser();
const init = float64Space.normal(key(13), [count, length, 1]);

const runAt = async (level: Level, method: SeriesMethod) => {
  const projector = compileConstraints(constraintsAt(level, real), { shape: [length, 1], batch: count });
  const { samples, violation } = await method.run(
    { denoiser, schedule, projector, batch: count },
    { key: key(14), init },
  );
  let warped = 0;
  for (let n = 0; n < count; n += 6)
    warped += dtw(
      samples.data.subarray(n * length, (n + 1) * length),
      real.data.subarray(n * length, (n + 1) * length),
    );
  return {
    fd: frechetBetween(samples, real),
    dtw: warped / (count / 6),
    tstr: forecastError(samples, fresh),
    violations: violationSummary(violation),
    strict: violationSummary(violation, { threshold: 1e-6 }).rate,
  };
};

test('the drawn series have the covariance that they were made from', () => {
  const found = momentsOf(drawSeries(key(1), 4000)).covariance;
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - covariance.data[i]!)), 0);
  expect(worst).toBeLessThan(0.12); // three standard errors of a variance of 1 among 48 x 48 entries
});

describe('the Gaussian process, statistics of a reference run in NumPy', () => {
  test('every criterion', async () => {
    const [one, two, three] = [await runAt(1, cps()), await runAt(2, cps()), await runAt(3, cps())];
    const [postHoc2, postHoc3] = [await runAt(2, postHoc()), await runAt(3, postHoc())];
    const prodigy2 = await runAt(2, prodigy());
    const guided = await runAt(2, guidedDiffTime({ rho: 1, pullback: exactPullback(denoiser, schedule) }));

    for (const { violations, strict } of [one, two, three]) {
      expect(violations.rate).toBe(0);
      expect(strict).toBe(0);
    }
    expect(guided.violations.rate).toBeGreaterThan(0.9);
    expect(two.fd).toBeLessThan(0.5 * postHoc2.fd);
    expect(two.fd).toBeLessThan(0.75 * prodigy2.fd);
    expect(two.dtw).toBeLessThan(one.dtw);
    expect(three.dtw).toBeLessThan(two.dtw);
    expect(postHoc2.dtw - two.dtw).toBeGreaterThan(0.5);
    expect(postHoc3.dtw - three.dtw).toBeGreaterThan(0.5);

    // The reference run's numbers, within its stated noise of +-0.15 and that of other draws.
    expect(Math.abs(two.fd - 1.11)).toBeLessThan(0.3);
    expect(Math.abs(three.fd - 0.49)).toBeLessThan(0.3);
    expect(Math.abs(postHoc2.fd - 4.42)).toBeLessThan(0.7);

    const trainedOnReal = forecastError(real, fresh);
    expect(two.tstr).toBeLessThan(1.01 * trainedOnReal);
    expect(three.tstr).toBeLessThan(1.01 * trainedOnReal);
    expect(postHoc3.tstr).toBeGreaterThan(1.03 * trainedOnReal);
  });
});
