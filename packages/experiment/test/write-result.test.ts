import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readResult, writeResult } from '../src/node/index';
import { sampleResult } from './sample-result';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-result-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('writes everything that result.json names, and nothing else', async () => {
  const written = await writeResult(join(dir, 'out'), sampleResult(), { title: 'T' });
  const files = (await readdir(join(dir, 'out'), { recursive: true })).sort();
  const names = ['artifacts', 'artifacts/samples.csv', 'figures', 'figures/bars.svg', 'figures/lines.svg'];
  expect(files.map((file) => file.replaceAll('\\', '/'))).toEqual([...names, 'report.html', 'result.json']);
  expect(await readFile(join(dir, 'out', 'artifacts', 'samples.csv'), 'utf8')).toBe('a,b');
  expect(await readFile(written.report, 'utf8')).toContain('href="artifacts/samples.csv"');
  expect(await readFile(written.figures[0]!, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
});

test('comes back, and written again is the same', async () => {
  await writeResult(dir, sampleResult());
  const text = await readFile(join(dir, 'result.json'), 'utf8');
  const back = await readResult(dir);
  expect(back[0]).toMatchObject({ experiment: 'cps/sample', seconds: 1.5, settings: { rate: Infinity } });
  await writeResult(dir, back);
  expect(await readFile(join(dir, 'result.json'), 'utf8')).toBe(text);
});

test('leaves no result.json and no drafts when a figure cannot be drawn', async () => {
  const figures = [{ id: 'bad', title: 't', caption: 'c', spec: { mark: 'none-such' } }];
  await expect(writeResult(dir, sampleResult('a', { figures }))).rejects.toThrow(/cannot be drawn/);
  expect(await readdir(dir)).toEqual([]);
});

test('says which folder has no result', async () => {
  await expect(readResult(join(dir, 'none'))).rejects.toThrow(/there is no .*result\.json/);
});
