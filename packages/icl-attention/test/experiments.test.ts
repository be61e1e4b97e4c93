import { expect, test } from 'vitest';
import { runExperiment } from '@lab/experiment';
import { isLabError } from '@lab/tensor-core/errors';
import { expectNoLeak } from '@lab/testing';
import { engine } from '@lab/tensor-core';
import { experiments } from '../src/experiments';
import { logLogSlope } from '../src/experiments/shared/slope';

// Closed forms decide every claim; an estimator, a gradient or a sampler that is wrong fails them.
test.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
  '%s holds its claims at tour scale, with figures',
  async (_, experiment) => {
    await engine();
    const result = await expectNoLeak(() => runExperiment(experiment, { scale: 'tour', seed: 0 }));
    expect(result.status).toBe('completed');
    expect(result.claims.filter(({ holds }) => !holds)).toEqual([]);
    expect(result.claims.length).toBeGreaterThan(0);
    expect(result.figures.length).toBeGreaterThan(0);
  },
);

test('an aborted run says so and keeps what it has', async () => {
  const stop = new AbortController();
  const run = runExperiment(
    experiments[0] as never,
    {
      scale: 'tour',
      seed: 0,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    } as never,
  );
  const outcome = await run.catch((error: unknown) => error);
  if (isLabError(outcome)) expect(outcome.code).toBe('aborted');
  else expect(outcome).toMatchObject({ status: 'aborted' });
});

test('the slope of a power law is its exponent', () => {
  expect(logLogSlope([1, 2, 4, 8], [3, 6 * Math.SQRT2, 24, 48 * Math.SQRT2])).toBeCloseTo(1.5, 12);
});
