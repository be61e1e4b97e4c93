import { runExperiment } from '@lab/experiment';
import { expect, test } from 'vitest';
import { counting } from '../src/experiments/counting/counting';

// The number of free parameters decides both claims (theory.test.ts has the closed form).
test('counting holds its claims at tour scale', async () => {
  const { status, claims } = await runExperiment(counting, { scale: 'tour', seed: 0 });
  expect(status).toBe('completed');
  expect(claims.filter(({ holds }) => !holds)).toEqual([]);
});
