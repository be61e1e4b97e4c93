import { runExperiment } from '@lab/experiment';
import { expect, test } from 'vitest';
import '@lab/testing';
import { toy } from '../../src/experiments/toy/toy';

test('the tour of the toy: numbers of an independent replication, and two claims of the paper that do not hold', async () => {
  const { status, claims, tables } = await runExperiment(toy, { scale: 'tour', seed: 0 });
  expect(status).toBe('completed');
  expect(claims.map(({ id, holds }) => [id, holds])).toEqual([
    ['flow-inverts-better', true],
    ['control-tames-sde', true],
    ['gamma-alone-forgets', true],
    // With the control on to the end, more control means less error: the paper must stop earlier.
    ['plain-ode-is-best', false],
    // The proof puts the flow's score in the place of the controlled process's own.
    ['same-law-inside', false],
    ['same-law-ends', true],
  ]);
  const l2 = tables[0]!.rows.map((row) => Number(row[2]));
  // Means of 400 repeats elsewhere; here of 40.
  expect(l2[0]).toBeAllclose(3.162, { atol: 1e-3 });
  expect(l2[1]).toBeAllclose(0.078, { atol: 0.006 });
  expect(l2[4]).toBeAllclose(0.065, { atol: 0.006 });
  expect(l2[5]).toBeAllclose(0.193, { atol: 0.04 });
});
