import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runNode } from '@lab/testing';
import {
  commandsCode,
  emptyProject,
  experimentsCode,
  installPaper,
  type UserProject,
} from './fixtures/user-project';

// The built command in a child process, in the project of a user who installed a third party's paper.

const bin = join(dirname(import.meta.dirname), 'bin', 'lab.js');
let user: UserProject;
beforeAll(() => {
  if (!existsSync(join(dirname(import.meta.dirname), 'dist', 'bin.js')))
    throw new Error('the command is not built; run: pnpm build');
  user = emptyProject();
  installPaper(user, {
    name: 'acme-paper',
    id: 'acme',
    experiments: experimentsCode,
    commands: commandsCode,
  });
  user.write('package.json', JSON.stringify({ dependencies: { 'acme-paper': '*' } }));
});
afterAll(() => user.remove());

const lab = (...args: string[]) =>
  runNode([bin, ...args], { cwd: user.dir, env: { LAB_DATA_DIR: undefined } });

describe('lab list', () => {
  test('has the third party beside our own, as text and as JSON', async () => {
    const { code, stdout, stderr } = await lab('list', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const papers: { id: string; arxiv: string; experiments: { id: string }[] }[] = JSON.parse(stdout);
    expect(papers.map(({ id }) => id)).toEqual(expect.arrayContaining(['acme', 'cps']));
    expect(papers.find(({ id }) => id === 'cps')).toMatchObject({ arxiv: '2410.12652' });
    const acme = papers.find(({ id }) => id === 'acme');
    expect(acme?.experiments.map(({ id }) => id)).toEqual(['good', 'bad', 'refused', 'endless']);
    expect((await lab('list')).stdout).toMatch(
      /acme {2}The paper on acme\n {2}acme-paper 3\.2\.1, arXiv 2401\.00001/,
    );
  });
});

describe('lab run', () => {
  test('leaves result.json, figures, report and samples; results on stdout, progress on stderr', async () => {
    const out = join(user.dir, 'out');
    const { code, stdout, stderr } = await lab(
      'run',
      'acme/good',
      '--scale',
      'tour',
      '--seed',
      '7',
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/holds {10}Two and two is four\n/);
    expect(stdout).toMatch(/does not hold {2}Two and two is five\n/);
    expect(stdout).toContain('1 of 2 claims hold (not: acme/good: false-sum)');
    expect(stdout).toMatch(/n {2}sum\n {2}1 {2}4 \[3, 5\], n = 7/);
    expect(stderr).toMatch(/acme\/good: started\n/);
    expect(stderr).toContain('acme/good: a line');

    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(result.runs[0]).toMatchObject({
      experiment: 'acme/good',
      scale: 'tour',
      seed: 7,
      status: 'completed',
    });
    expect(result.runs[0].facts).toEqual({ seed: 7, folder: 'none' });
    expect(result.runs[0].environment.engine).toMatch(/^wasm 4\./);
    expect(result.runs[0].peakMemory).toBeGreaterThan(1e7);
    const file = (name: string): string => readFileSync(join(out, name), 'utf8');
    expect(file(result.figures[0].file)).toMatch(/<svg/);
    expect(file(result.artifacts[0].file)).toBe('a\n1\n');
    expect(file('report.html')).toMatch(/Two and two is four/);
  });

  test.each([
    [['--engine', 'eager'], { choice: 'eager' }, '--engine eager'],
    [
      ['--engine', 'compiled', '--threads', '1'],
      { choice: 'compiled', compiler: expect.stringMatching(/^onnxruntime-node 1\.30\./), threads: 1 },
      '--engine compiled --threads 1',
    ],
    [['--engine', 'wasm', '--threads', '2'], { choice: 'auto', threads: 2 }, '--engine wasm --threads 2'],
  ])('%j is how functions run, and the result says so', async (flags, execution, repeated) => {
    const { code, stdout } = await lab('run', 'acme/good', '--json', ...flags);
    expect(code).toBe(0);
    const [only] = JSON.parse(stdout).runs;
    expect(only.environment.execution).toMatchObject(execution);
    expect(only.command).toBe(`npx lab run acme/good --scale quick --seed 0 ${repeated}`);
  });

  test('--json prints the result and nothing else on stdout', async () => {
    const { code, stdout } = await lab('run', 'acme/good', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).claims.map(({ holds }: { holds: boolean }) => holds)).toEqual([true, false]);
  });

  test('the data folder comes from the option, else from the environment', async () => {
    mkdirSync(join(user.dir, 'data'), { recursive: true });
    const folder = ({ stdout }: { stdout: string }): string => JSON.parse(stdout).runs[0].facts.folder;
    expect(folder(await lab('run', 'acme/good', '--json', '--data-dir', 'data'))).toBe(
      join(user.dir, 'data'),
    );
    const args = [bin, 'run', 'acme/good', '--json'];
    const env = { LAB_DATA_DIR: join(user.dir, 'out', '..') };
    expect(folder(await runNode(args, { cwd: user.dir, env }))).toBe(user.dir);
  });

  test('a failing run exits with 1: a stack for a bug, a sentence for what was foreseen', async () => {
    const bug = await lab('run', 'acme/bad');
    expect(bug.code).toBe(1);
    expect(bug.stderr).toMatch(/acme\/bad failed; please report this:\nTypeError: broken inside\n +at /);
    const foreseen = await lab('run', 'acme/refused');
    expect([foreseen.code, foreseen.stderr]).toEqual([
      1,
      expect.stringMatching(/lab: acme\/refused failed: the data folder is needed\n$/),
    ]);
  });
});

// Signals do not exist on Windows: there the process is ended at once.
describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: user.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    const waiting = new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
        if (stderr.includes('waiting')) resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    return { child, waiting, ended, stderr: () => stderr };
  };

  test('once: stops, writes what is finished, exits with 1', async () => {
    const out = join(user.dir, 'stopped');
    const { child, waiting, ended, stderr } = start('run', 'acme/endless', '--out', out);
    await waiting;
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(stderr()).toContain('keeping what is finished');
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(result.runs[0].status).toBe('aborted');
    expect(result.claims).toHaveLength(1);
    expect(readdirSync(out)).toContain('report.html');
  });

  test('twice: ends at once', async () => {
    const stubborn = emptyProject();
    const code = experimentsCode.replace(
      "signal.addEventListener('abort'",
      "signal.addEventListener('never'",
    );
    installPaper(stubborn, { name: 'acme-paper', id: 'acme', experiments: code });
    stubborn.write('package.json', JSON.stringify({ dependencies: { 'acme-paper': '*' } }));
    const child = spawn(process.execPath, [bin, 'run', 'acme/endless'], {
      cwd: stubborn.dir,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exit = new Promise<number | null>((resolve) => child.on('close', resolve));
    let stderr = '';
    let sent = 0;
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (sent === 0 && stderr.includes('waiting')) child.kill(++sent && 'SIGINT');
      if (sent === 1 && stderr.includes('press Ctrl-C again')) child.kill(++sent && 'SIGINT');
    });
    expect(await exit).toBe(130);
    stubborn.remove();
  });
});

test('lab doctor names the engine, the versions and the data', async () => {
  const { code, stdout } = await lab('doctor', '--json');
  expect(code).toBe(0);
  const found = JSON.parse(stdout);
  expect(found.node).toMatchObject({ version: process.version, supported: true });
  expect(found.engine.name).toBe('wasm');
  expect(found.engines[0]).toMatchObject({ name: found.engine.name, state: 'in use' });
  const native = found.engines.find(({ name }: { name: string }) => name === 'node');
  if (native.state === 'missing') expect(native.detail).toMatch(/^npm install @tensorflow\/tfjs-node@/);
  const packages = found.packages.map(({ name }: { name: string }) => name);
  expect(packages).toEqual(expect.arrayContaining(['@lab/cps', '@lab/tensor-core', '@tensorflow/tfjs-core']));
  expect(found.compiled).toEqual({
    version: expect.stringMatching(/^1\.30\./),
    threads: availableParallelism(),
  });
  expect(found.papers).toEqual(expect.arrayContaining(['acme', 'cps']));
  expect(found.data.sets.find(({ id }: { id: string }) => id === 'sp500')).toMatchObject({ present: true });
  expect(found.data.sets.find(({ id }: { id: string }) => id === 'google-stock')).toMatchObject({
    present: false,
  });
  expect(found.problems).toEqual([]);
  expect((await lab('doctor')).stdout).toMatch(
    /^Node +v\d+[^]*engine wasm +in use[^]*compiled +onnxruntime-node 1\.30\.\d+, \d+ thread/,
  );
});

test('a reader that goes away is not an error', async () => {
  const child = spawn(process.execPath, [bin, 'list'], { cwd: user.dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.destroy();
  await new Promise((resolve) => child.on('close', resolve));
  expect(stderr).toBe('');
});
