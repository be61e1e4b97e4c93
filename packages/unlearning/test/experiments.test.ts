import { expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { runExperiment } from '@lab/experiment';
import { expectNoLeak } from '@lab/testing';
import { experiments } from '../src/experiments';

// Every experiment runs, measures and frees what it takes. The levels that a trial on synthetic glyphs reached are not reached on
// real digits, and are not asked for.
const open = new Set(['reading-is-kept', 'collapses-wholly']);

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
