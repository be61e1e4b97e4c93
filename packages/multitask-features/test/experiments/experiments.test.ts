import { expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { runExperiment } from '@lab/experiment';
import { expectNoLeak } from '@lab/testing';
import { experiments } from '../../src/experiments';

// Every experiment runs, measures and frees what it takes. On the planted data claims hold at this scale and seed too; on the
// real one the claim came out false, and is not asked for.
const open = new Set(['new-tasks-from-few-labels']);

test.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
  '%s runs at tour scale',
  async (_, experiment) => {
    await engine();
    const { status, claims, tables } = await expectNoLeak(() =>
      runExperiment(experiment, { scale: 'tour', seed: 0 }),
    );
    expect(status).toBe('completed');
    expect(claims.filter(({ id, holds }) => !holds && !open.has(id))).toEqual([]);
    expect(tables.every(({ rows }) => rows.length > 0)).toBe(true);
  },
);
