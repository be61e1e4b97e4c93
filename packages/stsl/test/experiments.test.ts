import { expect, test } from 'vitest';
import { runExperiment } from '@lab/experiment';
import { experiments } from '../src/experiments';

// The photographs, which need weights, have a test of their own.
const own = experiments.filter(({ id }) => id !== 'photographs');

test.each(own.map((experiment) => [experiment.id, experiment] as const))(
  '%s runs at tour scale and decides its claims by what it measured',
  async (_, experiment) => {
    const { status, claims, tables } = await runExperiment(experiment, { scale: 'tour', seed: 0 });
    expect(status).toBe('completed');
    expect(tables[0]!.rows.length).toBeGreaterThan(0);
    // Its network is trained for seconds there, which decides nothing.
    if (experiment.id === 'prompts') expect(claims).toEqual([]);
    else expect(claims.length).toBeGreaterThan(0);
    for (const { measured } of claims) expect(measured).not.toMatch(/NaN/);
  },
);
