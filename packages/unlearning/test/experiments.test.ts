import { expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { runExperiment } from '@lab/experiment';
import { expectNoLeak } from '@lab/testing';
import { experiments } from '../src/experiments';

// Every experiment runs, measures and frees what it takes. How near eight steps come to training anew is measured, not asked for.
const open = new Set(['as-if-trained-anew']);

test.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
  '%s runs at tour scale',
  { timeout: 120_000 },
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
