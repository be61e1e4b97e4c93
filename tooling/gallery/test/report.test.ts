import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { claim, defineExperiment, runExperiment, type Experiment } from '@lab/experiment';
import { writeResult } from '@lab/experiment/node';
import { readRuns, summaryOf, writeReport } from '../build/report.ts';

const dir = mkdtempSync(join(tmpdir(), 'gallery-report-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const scale = { value: 1 };
const experiment = (id: string, measured: number): Experiment =>
  defineExperiment({
    ...{ id, paper: 'cps', title: `Experiment ${id}`, summary: 'A number is compared with 2.', data: [] },
    scales: { tour: scale, quick: scale, full: scale },
    run: async () => ({
      claims: [
        claim({
          ...{ id: 'small', statement: 'It is small', paper: 'none', measured: { measured } },
          ...{ criterion: 'below 2', holds: measured < 2 },
        }),
      ],
      tables: [],
      figures: [],
      artifacts: [{ name: `${id}.txt`, content: `measured ${measured}` }],
    }),
  });

describe('report', () => {
  it('is what the command writes, of the runs of a folder and of the folders in it', async () => {
    const [first, second] = [
      await runExperiment(experiment('first', 1), { scale: 'tour' }),
      await runExperiment(experiment('second', 3), { scale: 'tour' }),
    ];
    await writeResult(dir, first);
    await writeResult(join(dir, 'more'), second);
    const runs = await readRuns(dir);
    expect(runs.map((run) => run.experiment)).toEqual(['cps/first', 'cps/second']);
    expect(summaryOf(runs)).toEqual({ scales: ['tour'], papers: { cps: { held: 1, claims: 2 } } });

    const out = join(dir, 'site');
    await writeReport(out, runs);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    await writeResult(join(dir, 'expected'), [first, second], { title: 'Lab' });
    expect(page).toBe(readFileSync(join(dir, 'expected', 'report.html'), 'utf8'));
    expect(page).toContain('does not hold');
    const file = /href="(artifacts\/[^"]*second[^"]*)"/.exec(page)![1]!;
    expect(readFileSync(join(out, file), 'utf8')).toBe('measured 3');
  });

  it('of no results is none', async () => {
    expect(await readRuns(join(dir, 'nowhere'))).toEqual([]);
    await writeReport(join(dir, 'site'), []);
    expect(existsSync(join(dir, 'site'))).toBe(false);
  });
});
