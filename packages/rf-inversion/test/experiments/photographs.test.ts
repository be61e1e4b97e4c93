import { runExperiment } from '@lab/experiment';
import { gaussianDenoiser, rectifiedFlowSchedule } from '@lab/diffusion-core';
import { expect, test } from 'vitest';
import '@lab/testing';
import { normalFlow } from '../../src/experiments/photographs/normal-flow';
import { photographs } from '../../src/experiments/photographs/photographs';

// Channel 0 is 1, 3 (mean 2, variance 1), channel 1 is 0, 4 (mean 2, variance 4).
test('the flow has the channels of its latents', async () => {
  const latents = [{ shape: [1, 1, 2, 2], data: Float64Array.of(1, 0, 3, 4) }];
  const schedule = rectifiedFlowSchedule();
  const exact = gaussianDenoiser({ mean: [2, 2], covariance: [1, 4], schedule });
  const x = { shape: [1, 1, 1, 2], data: Float64Array.of(0.3, -1) };
  const made = await normalFlow(latents, x.shape).predict(x, 0.4);
  expect(made).toBeAllclose(await exact.predict(x, 0.4), { rtol: 1e-12 });
});

test('the tour shows a photograph by every setting', async () => {
  const { status, error, tables, figures } = await runExperiment(photographs, { scale: 'tour', seed: 0 });
  expect(error).toBeUndefined();
  expect(status).toBe('completed');
  expect(tables[0]!.rows).toHaveLength(5);
  expect((figures[0]!.spec.data as { values: unknown[] }).values).toHaveLength(7);
});
