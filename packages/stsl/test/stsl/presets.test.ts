import { expect, test } from 'vitest';
import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import {
  linearProblem,
  presets,
  stslSample,
  trainedTimes,
  type PresetTask,
  type StslOptions,
} from '../../src';
import { fixture, trained } from '../support';
import { pixels } from './exact-problems';

// Truths from the prior, each measured once with noise of deviation 0.1.
const [count, deviation] = [100, 0.1];
const prior = fixture(trained);
const truth = prior.draw(key(1), count);
const noise = normal64(key(2), count);
const y = {
  shape: [count, 1],
  data: noise.map((each, i) => truth.data[2 * i]! + 0.5 * truth.data[2 * i + 1]! + deviation * each),
};
const problem = linearProblem({ prior, matrix: fromRows([[1, 0.5]]), y, autoencoder: pixels(2) });

/** Mean squared error against the truth, and the residual in units of the noise. */
async function judged(options: Partial<StslOptions<Array64>>): Promise<{ error: number; residual: number }> {
  const { latents } = await stslSample(problem, {
    times: trainedTimes({ steps: 25 }),
    key: key(0),
    ...options,
  });
  const squares = latents.data.map((each, i) => (each - truth.data[i]!) ** 2);
  const rests = noise.map(
    (_, i) => (y.data[i]! - latents.data[2 * i]! - 0.5 * latents.data[2 * i + 1]!) ** 2,
  );
  const mean = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0) / count;
  return { error: mean(squares), residual: Math.sqrt(mean(rests)) / deviation };
}

test('the settings are those that are documented', () => {
  const step = { kind: 'lipschitz', lambda: 0.1 };
  const usual = { step, eta: 0.02, probeScale: 1, tau: 1 };
  expect(presets).toEqual({
    'super-resolution': { ...usual, init: 'ddimForward' },
    blur: { ...usual, init: 'ddimForward' },
    inpainting: { ...usual, init: 'qSample' },
    denoising: { ...usual, step: { ...step, lambda: 0.05 }, probeScale: 'sigma', init: 'qSample' },
  });
});

test.each(Object.keys(presets) as PresetTask[])(
  'the preset for %s halves the error of plain sampling and more, and fits what is measured',
  async (task) => {
    const [plain, found] = [
      await judged({ init: 'noise', inner: 0 }),
      await judged({ ...presets[task], noiseDeviation: deviation }),
    ];
    expect(found.error).toBeLessThan(0.5 * plain.error);
    expect(found.residual).toBeLessThan(0.3 * plain.residual);
  },
);
