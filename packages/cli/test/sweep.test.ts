import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isSummary, summarize } from '@lab/experiment';
import { readResult } from '@lab/experiment/node';
import { runNode } from '@lab/testing';

// The built command, on real experiments at a size of less than a second.

const bin = join(dirname(import.meta.dirname), 'bin', 'lab.js');
const folder = mkdtempSync(join(tmpdir(), 'lab-sweep-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lab = (...args: string[]) => runNode([bin, ...args], { cwd: folder, env: { LAB_DATA_DIR: undefined } });
const args = ['sweep', 'bandits/hidden-best', '--scale', 'tour', '--set', 'replications=4', '--out', 'out'];
const jobs = (): string[] => readdirSync(join(folder, 'out', 'jobs')).sort();

test('runs every seed into one report with means over them, and again only what is missing', async () => {
  const first = await lab(...args, '--seeds', '0..2', '--workers', '2');
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('the report is')]);
  expect(jobs()).toHaveLength(3);

  const runs = (await Promise.all(jobs().map((id) => readResult(join(folder, 'out', 'jobs', id))))).flat();
  expect(runs.map(({ seed }) => seed).sort()).toEqual([0, 1, 2]);
  const [together] = await readResult(join(folder, 'out'));
  expect(together).toMatchObject({ experiment: 'bandits/hidden-best', status: 'completed' });
  expect(together?.claims.length).toBe(runs[0]!.claims.length);
  for (const claim of together!.claims) {
    const same = runs.map(({ claims }) => claims.find(({ id }) => id === claim.id)!);
    expect(claim.holds).toBe(same.every(({ holds }) => holds));
    for (const [name, mean] of Object.entries(claim.numbers ?? {}))
      expect(mean).toBeCloseTo(summarize(same.map(({ numbers }) => numbers![name]!)).mean, 12);
  }
  const table = together!.tables.find(({ id }) => id === 'claims-over-seeds')!;
  const means = table.rows.map((row) => row[3]).filter(isSummary);
  expect(means.length).toBeGreaterThan(0);
  for (const { n, low, mean, high } of means) expect([n, low <= mean, mean <= high]).toEqual([3, true, true]);
  expect(readFileSync(join(folder, 'out', 'report.html'), 'utf8')).toContain('Claims over seeds');

  const before = jobs().map((id) => statSync(join(folder, 'out', 'jobs', id, 'result.json')).mtimeMs);
  const kept = jobs();
  const second = await lab(...args, '--seeds', '0..3');
  expect([second.code, second.stderr]).toEqual([0, expect.stringContaining('3 of 4 runs are done already')]);
  expect(jobs()).toHaveLength(4);
  expect(kept.map((id) => statSync(join(folder, 'out', 'jobs', id, 'result.json')).mtimeMs)).toEqual(before);
}, 120_000);

test('one run of a sweep is what its command repeats', async () => {
  const [id = ''] = jobs();
  const [run] = await readResult(join(folder, 'out', 'jobs', id));
  expect(run?.command).toMatch(/^npx lab run bandits\/hidden-best .* --set replications=4$/);
  const { stdout } = await lab(...run!.command.split(' ').slice(2), '--json');
  expect(JSON.parse(stdout).claims).toEqual(
    JSON.parse(readFileSync(join(folder, 'out', 'jobs', id, 'result.json'), 'utf8')).claims,
  );
}, 60_000);

test('settings that an experiment has not fail by name, and the rest is kept', async () => {
  const { code, stderr } = await lab(
    ...args.slice(0, 4),
    '--set',
    'steps=4',
    '--seeds',
    '0',
    '--out',
    'none',
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/hidden-best seed 0 .* failed: .*no such setting.*steps.*horizon, replications/);
  expect(existsSync(join(folder, 'none', 'report.html'))).toBe(false);
}, 60_000);

test.each([
  [['--seeds', '5..1'], /--seeds/],
  [['--queue', 'http://localhost'], /address of a Redis server/],
  [['--queue', 'redis://user:secret@127.0.0.1:1'], /no Redis server answers at 127\.0\.0\.1:1/],
])('%j is refused with exit code 2', async (flags, message) => {
  const { code, stderr } = await lab('sweep', 'bandits/hidden-best', '--out', 'refused', ...flags);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(stderr).not.toContain('secret');
});

test('without BullMQ, --queue says what to install', async () => {
  const missing = `export const resolve = (name, context, next) => {
    if (name === 'bullmq') throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  };`;
  writeFileSync(join(folder, 'missing.mjs'), missing);
  const hooks = "import { register } from 'node:module';\nregister('./missing.mjs', import.meta.url);\n";
  writeFileSync(join(folder, 'hooks.mjs'), hooks);
  const args = [
    '--import',
    './hooks.mjs',
    bin,
    'sweep',
    'bandits/hidden-best',
    '--queue',
    'redis://127.0.0.1:1',
  ];
  const { code, stderr } = await runNode(args, { cwd: folder });
  expect([code, stderr]).toEqual([2, expect.stringMatching(/BullMQ.*npm install bullmq ioredis/)]);
}, 30_000);
