import { describe, expect, test } from 'vitest';
import '@lab/testing';
import type { Array64 } from '@lab/tensor-core/linalg64';
import {
  classifierFreeGuidance,
  cosineSchedule,
  float64Space,
  gaussianDenoiser,
  type Denoiser,
} from '../src';
import { state } from './support/gaussian-ode';

const schedule = cosineSchedule();

describe('classifier-free guidance', () => {
  // The condition is the mean of the data.
  const conditional: Denoiser<Array64, number> = {
    predicts: 'sample',
    space: float64Space,
    predict: (x, t, mean = 0) => gaussianDenoiser({ mean: [mean], covariance: 1, schedule }).predict(x, t),
  };
  const x = state([3, 1], [1, 0, -2]);

  test('at scale 1 and 0 it is the model with and without the condition', async () => {
    const guided = (scale: number) => classifierFreeGuidance(conditional, { scale }).predict(x, 0.4, 2);
    expect(await guided(1)).toEqual(await conditional.predict(x, 0.4, 2));
    expect(await guided(0)).toEqual(await conditional.predict(x, 0.4));
  });

  test('extrapolates; for Gaussians of one covariance this is the model of the extrapolated mean', async () => {
    const guided = await classifierFreeGuidance(conditional, { scale: 3 }).predict(x, 0.4, 2);
    expect(guided).toBeAllclose(await conditional.predict(x, 0.4, 6), { atol: 1e-12 });
    const other = await classifierFreeGuidance(conditional, { scale: 3, unconditional: 1 }).predict(
      x,
      0.4,
      2,
    );
    expect(other).toBeAllclose(await conditional.predict(x, 0.4, 4), { atol: 1e-12 });
  });
});
