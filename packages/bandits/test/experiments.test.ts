import { runExperiment } from '@lab/experiment';
import { expect, test } from 'vitest';
import { experiments } from '../src/experiments';

// Which claims hold is for the measurements to say; that they are decided, and shown, is for this test.
test.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
  '%s at tour scale',
  async (_, experiment) => {
    const { status, claims, tables } = await runExperiment(experiment, { scale: 'tour', seed: 0 });
    expect(status).toBe('completed');

    expect(claims.length).toBeGreaterThan(1);
    expect(tables.length).toBeGreaterThan(0);
    expect(claims.every(({ measured }) => !/NaN|undefined/.test(measured))).toBe(true);
  },
);
