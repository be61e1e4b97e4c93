import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { claim, defineExperiment, runExperiment, type RunResult } from '../src/index';
import { aggregateSweep, packResult, planSweep, readJob, unpackResult, writeJob } from '../src/node/index';
import { sampleResult } from './sample-result';

const draws = defineExperiment({
  id: 'draws',
  paper: 'test',
  title: 'Draws',
  summary: 'Does the value of a seed come through?',
  data: ['drawn'],
  scales: {
    tour: { scale: 1, inner: { words: ['a'] } },
    quick: { scale: 1, inner: { words: ['a'] } },
    full: { scale: 1, inner: { words: ['a'] } },
  },
  run: ({ settings, seed }) => {
    const value = settings.scale * seed;
    const small = claim({
      id: 'small',
      statement: 'It is small',
      paper: 'not reported',
      measured: { value, twice: 2 * value },
      criterion: 'at most 2',
      holds: ({ value: v }) => v <= 2,
    });
    const table = {
      id: 'values',
      title: 'Values',
      columns: ['of', 'size', 'value'],
      rows: [['x', 7, value]],
    };
    return Promise.resolve({ claims: [small], tables: [table], figures: [] });
  },
});

async function sweepOf(seeds: number[], scale: number[]): Promise<RunResult> {
  const jobs = planSweep({
    experiments: [{ experiment: 'test/draws', version: '1.0.0' }],
    scale: 'tour',
    seeds,
    settings: { scale },
  });
  const runs = [];
  for (const job of jobs)
    runs.push({
      job,
      result: await runExperiment(draws, { scale: 'tour', seed: job.seed, settings: job.settings }),
    });
  return aggregateSweep(runs, 'npx lab sweep test/draws')[0]!;
}

describe('a sweep as one result', () => {
  test('has means with Student intervals, and holds when it holds with every seed', async () => {
    const { claims, tables, status } = await sweepOf([1, 2, 3], [1]);
    // Mean 2, 4.302653 / sqrt(3) on both sides; twice as much for the double.
    expect(claims).toMatchObject([
      {
        id: 'small',
        measured: 'value 2 [-0.4841, 4.484], n = 3; twice 4 [-0.9683, 8.968], n = 3; holds with 2 of 3 seeds',
        numbers: { value: 2, twice: 4 },
        criterion: 'at most 2; with every seed',
        holds: false,
      },
    ]);
    expect(status).toBe('completed');
    const values = tables.find(({ id }) => id === 'values')!;
    expect(values.rows[0]!.slice(0, 2)).toEqual(['x', 7]);
    expect(values.rows[0]![2]).toMatchObject({ mean: 2, n: 3 });
  });

  test('keeps settings apart', async () => {
    const { claims, tables } = await sweepOf([0, 1], [1, 10]);
    expect(claims.map(({ id, statement, holds }) => [id, statement, holds])).toEqual([
      ['small-1', 'It is small (scale = 1)', true],
      ['small-2', 'It is small (scale = 10)', false],
    ]);
    expect(tables.map(({ id }) => id)).toEqual(['claims-over-seeds', 'values-1', 'values-2']);
  });

  test('says what is missing, and that a number is not finite', () => {
    const [one, two] = planSweep({
      experiments: [{ experiment: 'cps/sample', version: '1.0.0' }],
      scale: 'tour',
      seeds: [0, 1],
    });
    const broken = claim({
      id: 'c',
      statement: 's',
      paper: 'p',
      measured: NaN,
      criterion: 'c',
      holds: false,
    });
    const [together] = aggregateSweep(
      [{ job: one!, result: sampleResult('text', { claims: [broken] }) }, { job: two! }],
      'command',
    );
    expect(together).toMatchObject({ status: 'failed', error: { message: '1 of 2 runs did not finish' } });
    expect(together?.claims[0]?.measured).toBe('value not finite with 1 of 1 seeds; holds with 0 of 1 seeds');
    expect(aggregateSweep([{ job: one! }], 'command')).toEqual([]);
  });
});

describe('settings in place of the own ones', () => {
  const run = (settings: Record<string, never>) => runExperiment(draws, { scale: 'tour', seed: 3, settings });

  test('reach the run and its command, and leave the scale as it was', async () => {
    const settings = { scale: 2, 'inner.words': ['b', 'c d'] };
    const result = await runExperiment(draws, { scale: 'tour', seed: 3, settings });
    expect(result.settings).toEqual({ scale: 2, inner: { words: ['b', 'c d'] } });
    expect(result.claims[0]?.numbers).toEqual({ value: 6, twice: 12 });
    expect(result.command).toBe(
      `npx lab run test/draws --scale tour --seed 3 --set scale=2 --set 'inner.words=["b","c d"]'`,
    );
    expect(draws.scales.tour).toEqual({ scale: 1, inner: { words: ['a'] } });
  });

  test.each([
    [{ other: 1 }, /no such setting.*other.*scale, inner/],
    [{ 'inner.other': 1 }, /no such setting.*words/],
    [{ 'scale.deep': 1 }, /no such setting.*no setting inside/],
    [{ scale: 'big' }, /another kind.*number, such as 1.*big/],
    [{ constructor: 1 }, /no such setting/],
  ])('%j is refused', async (settings, message) => {
    await expect(run(settings as never)).rejects.toThrow(message);
  });
});

test.prop([fc.uint8Array(), fc.string()])('a parcel gives back texts and bytes', (bytes, text) => {
  const artifacts = [
    { name: 'a.bin', bytes: bytes.length, content: bytes },
    { name: 'b.txt', bytes: new TextEncoder().encode(text).length, content: text },
  ];
  const result = sampleResult(text, { artifacts });
  expect(unpackResult(packResult(result)).artifacts).toEqual(artifacts);
  expect(packResult(unpackResult(packResult(result)))).toBe(packResult(result));
});

test('a job that was damaged or did not complete is to be run again', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lab-job-'));
  const [job] = planSweep({
    experiments: [{ experiment: 'cps/sample', version: '1.0.0' }],
    scale: 'tour',
    seeds: [0],
  });
  expect(await readJob(dir, job!)).toBeUndefined();
  await writeJob(dir, job!, sampleResult());
  expect(await readJob(dir, job!)).toMatchObject({ experiment: 'cps/sample' });
  await writeJob(dir, job!, sampleResult('text', { status: 'aborted' }));
  expect(await readJob(dir, job!)).toBeUndefined();
  writeFileSync(join(dir, 'jobs', job!.id, 'result.json'), '{ "format":');
  expect(await readJob(dir, job!)).toBeUndefined();
  rmSync(dir, { recursive: true });
});
