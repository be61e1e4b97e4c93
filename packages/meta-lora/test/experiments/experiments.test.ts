import { expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { runExperiment } from '@lab/experiment';
import { expectNoLeak } from '@lab/testing';
import { experiments } from '../../src/experiments';

// What follows from theorems holds at this scale too; averages over two repeats of a network's training are not asked for.
const exact = new Set(['identification', 'linear']);

test.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
  '%s runs at tour scale',
  async (id, experiment) => {
    await engine();
    const { status, claims, tables, error } = await expectNoLeak(() =>
      runExperiment(experiment, { scale: 'tour', seed: 0 }),
    );
    expect([status, error]).toEqual(['completed', undefined]);
    if (exact.has(id)) expect(claims.filter(({ holds }) => !holds)).toEqual([]);
    expect(tables.every(({ rows }) => rows.length > 0)).toBe(true);
  },
);
