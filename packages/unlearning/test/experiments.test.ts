import { expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { runExperiment } from '@lab/experiment';
import { expectNoLeak } from '@lab/testing';
import { experiments } from '../src/experiments';

// Every experiment runs, measures and frees what it takes. Not asked for: how near eight steps come to training anew, and who is
// first in the erasure, where four methods lie within 0.02 on the one problem of a tour.
const open = new Set(['as-if-trained-anew', 'nearest-to-ideal']);

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
