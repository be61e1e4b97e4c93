import { expect, test } from 'vitest';
import { runExperiment } from '@lab/experiment';
import { experiments } from '../src/experiments';

// The closed form of James & Stein (1961) decides both claims; a broken estimator fails them.
test.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
  '%s holds its claims at tour scale',
  async (_, experiment) => {
    const { status, claims } = await runExperiment(experiment, { scale: 'tour', seed: 0 });
    expect(status).toBe('completed');
    expect(claims.filter(({ holds }) => !holds)).toEqual([]);
  },
);
