import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandIo } from '@lab/experiment';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../../src/cli';

let cwd = '';

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lab-bandits-'));
  // The star with six arms, by its hub 0.
  const star = Array.from({ length: 6 }, (_, j) =>
    Array.from({ length: 6 }, (__, i) => (i === j || i === 0 || j === 0 ? '1' : 'inf')).join(','),
  );
  await writeFile(join(cwd, 'sigma.csv'), `# played by row\n${star.join('\n')}\n`);
  await writeFile(join(cwd, 'mu.csv'), '0.5\n1\n0.8\n0.8\n0.8\n0.8\n');
  await writeFile(join(cwd, 'row.csv'), '0.5,1,0.8,0.8,0.8,0.8\n');
  await writeFile(join(cwd, 'short.csv'), '1,2\n');
  await writeFile(join(cwd, 'bad.csv'), '1,-1\n1,1\n');
});

afterAll(async () => {
  await rm(cwd, { recursive: true, force: true });
});

/** Runs a verb with its defaults filled in, as the command's host does. */
async function run(
  verb: string,
  options: Record<string, string | true>,
  signal = new AbortController().signal,
) {
  const command = commands.find(({ name }) => name === verb)!;
  const defaults = Object.fromEntries(command.options.map((option) => [option.flag, option.default]));
  let [stdout, stderr] = ['', ''];
  const io: CommandIo = {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    signal,
    progress: () => undefined,
    cwd,
  };
  const files = { matrix: 'sigma.csv', means: 'mu.csv' };
  const code = await command.run({ arguments: [], options: { ...defaults, ...files, ...options } }, io);
  return { code, stdout, stderr };
}

// The closed form of the star: 25, by 50 plays of the hub per ln T; ln 1e6 = 13.8155.
test('bound prints the constant, the plays and the prices', async () => {
  const { code, stdout } = await run('bound', { horizon: '1e6' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^arm {2}mean {2}gap +plays per ln T {2}plays in 1000000 {2}price/);
  expect(stdout).toMatch(/^0 +0.5 +0.5 +50 +691 +0$/m);
  expect(stdout).toContain('least regret per ln T: 25\n');
  expect(stdout).toContain('least regret in 1000000 rounds, about: 345.388\n');
  const { stdout: json } = await run('bound', { json: true, means: 'row.csv' });
  expect(JSON.parse(json)).toMatchObject({ constant: expect.closeTo(25, 9), solver: 'simplex' });
});

test('simulate prints a row for each policy, writes curves, and is the same for a seed', async () => {
  const options = { horizon: '2000', replications: '4', policies: 'asymptotic,ucb:self,asymptotic:lp', out: 'curves.csv' }; // prettier-ignore
  const { code, stdout } = await run('simulate', options);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^asymptotic +\d/m);
  expect(stdout).toMatch(/^ucb:self +\d/m);
  expect(stdout).toContain('4 runs of 2000 rounds; least possible growth per ln T: 25\n');
  const curves = (await readFile(join(cwd, 'curves.csv'), 'utf8')).trim().split('\n');
  expect(curves[0]).toBe('policy,round,mean,low,high,median');
  expect(curves.filter((line) => line.startsWith('ucb:self,2000,'))).toHaveLength(1);
  expect((await run('simulate', options)).stdout).toBe(stdout);
  expect((await run('simulate', { ...options, seed: '1' })).stdout).not.toBe(stdout);
});

test('threads do not change the numbers', async () => {
  const options = { horizon: '500', replications: '4', policies: 'thompson', json: true } as const;
  expect((await run('simulate', { ...options, threads: '2' })).stdout).toBe(
    (await run('simulate', options)).stdout,
  );
});

test.each([
  ['a file that is not there', { matrix: 'none.csv' }, /none.csv cannot be read.*ENOENT/],
  ['too few means', { means: 'short.csv' }, /one mean for each row of the matrix.*expected: 6; received: 2/],
  ['a matrix that is not square', { matrix: 'mu.csv' }, /sigma is square/],
  ['a negative entry', { matrix: 'bad.csv' }, /sigma\[0\]\[1\]/],
  ['an unknown kind', { kind: 'x' }, /--kind is one of lp, coupled/],
  ['a horizon in words', { horizon: 'long' }, /--horizon is a whole number/],
])('bound refuses %s', async (_, options, message) => {
  await expect(run('bound', options)).rejects.toThrow(message);
});

test('simulate refuses an unknown policy, and stops when it is told to', async () => {
  await expect(run('simulate', { policies: 'best' })).rejects.toThrow(/there is no policy best.*asymptotic/);
  const controller = new AbortController();
  controller.abort();
  await expect(run('simulate', {}, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
});
