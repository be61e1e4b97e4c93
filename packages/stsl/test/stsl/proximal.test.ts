import { describe, expect, test } from 'vitest';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { diffPir, linearProblem, momentMatched, p2l, reSample, runMethod, trainedTimes } from '../../src';
import { near, state } from '../support';
import { pixels, standard, times } from './exact-problems';

test('moment matching samples the exact posterior of a Gaussian', async () => {
  const problem = linearProblem({
    prior: standard(2),
    matrix: fromRows([[1, 2]]),
    y: fromRows([[1]]),
    autoencoder: pixels(2),
  });
  // The mean of the posterior is where the deterministic flow carries the mean of the noise.
  const { latents } = await runMethod(problem, momentMatched({ deviation: 0.25 }), {
    times: trainedTimes({ steps: 500 }),
    init: { state: state([0, 0]) },
    key: key(0),
  });
  expect(near(latents.data, [1 / 5.0625, 2 / 5.0625])).toBeLessThan(5e-3);
});

describe('proximal maps', () => {
  const problem = linearProblem({
    prior: standard(2),
    matrix: fromRows([
      [1, 0],
      [0, 0],
    ]),
    y: fromRows([[0.4, 0]]),
    autoencoder: pixels(2),
  });
  test('of a mask', async () => {
    expect(near((await problem.proximal(state([0.1, 0.7]), 0.25)).data, [0.34, 0.7])).toBeLessThan(1e-12);
  });
  test('the methods made of them fit what is measured', async () => {
    for (const method of [
      reSample(),
      diffPir({ deviation: 0.01 }),
      p2l({ every: 1, tie: 1e-4, strength: 0.01 }),
    ]) {
      const { latents } = await runMethod(problem, method, { times, key: key(9) });
      expect(Math.abs(latents.data[0]! - 0.4)).toBeLessThan(0.02);
    }
  });
});
