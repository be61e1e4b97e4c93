import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../src';
import { engineChoices } from '@lab/experiment';
import { isSupportedNode } from '../src/commands/doctor';
import { engines } from '../src/commands/options';
import {
  commandsCode,
  emptyProject,
  experimentsCode,
  installPaper,
  type UserProject,
} from './fixtures/user-project';

let user: UserProject;
beforeAll(() => {
  user = emptyProject();
  installPaper(user, {
    name: 'acme-paper',
    id: 'acme',
    experiments: experimentsCode,
    commands: commandsCode,
  });
  user.write('package.json', JSON.stringify({ devDependencies: { 'acme-paper': '*' } }));
});
afterAll(() => user.remove());

/** Runs in the user's project; `home` stands for the command's own package. */
async function run(argv: readonly string[], { home = dirname(import.meta.dirname), cwd = user.dir } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    isTerminal: false,
    signal: new AbortController().signal,
    cores: 1,
    cwd,
    env: {},
    home,
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}

const lab = (...argv: string[]) => run(argv);

describe('usage', () => {
  test.each([
    [['no-such-paper'], /no installed paper is called "no-such-paper"/],
    [['run'], /missing required argument 'paper'/],
    [['run', 'acme', '--scale', 'huge'], /Allowed choices are tour, quick, full/],
    [['run', 'acme', '--seed', '-1'], /whole number/],
    [['run', 'acme', '--seed', '1.5'], /whole number/],
    [
      ['run', 'acme', '--engine', 'abacus'],
      /Allowed choices are auto, eager, compiled, wasm, cpu, node, node-gpu/,
    ],
    [['reproduce', '--engine', 'fast'], /Allowed choices are auto, eager, compiled, wasm/],
    [['run', 'acme', '--threads', '0'], /whole number from 1/],
    [['reproduce', '--threads', 'two'], /whole number/],
    [['run', 'acme/none'], /has no experiment "none".*acme\/good/],
    [['run', 'acme/good', '--data-dir', 'nowhere'], /data folder does not exist.*--data-dir/],
    [['list', '--what'], /unknown option '--what'/],
    [['acme', 'none'], /unknown command 'none'/],
    [['acme', 'echo', 'a.csv'], /required option '--constraints <FILE>'/],
    [['acme', 'echo', '--constraints', 'c'], /missing required argument 'FILE'/],
  ])('%j exits with 2', async (argv, message) => {
    const { code, stdout, stderr } = await lab(...argv);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('help and version exit with 0 on stdout', async () => {
    const help = await lab('--help');
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/lab acme +VERB \.\.\. +The paper on acme/);
    expect(await lab('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    const verb = await lab('acme', 'echo', '--help');
    expect(verb.stdout).toMatch(/lab acme echo \[options\] <FILE> \[MORE\.\.\.\]/);
    expect((await lab('acme', '--help')).stdout).toContain('Does answer-no');
  });
});

describe("a paper's verb", () => {
  test('gets its arguments and options by their flags', async () => {
    const argv = [
      'acme',
      'echo',
      'a.csv',
      'b',
      'c',
      '--constraints',
      'c.yaml',
      '--set',
      'x',
      '--set',
      'y',
      '--dry',
    ];
    const { code, stdout, stderr } = await lab(...argv);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      arguments: ['a.csv', 'b', 'c'],
      options: { constraints: 'c.yaml', 'how-many': '3', set: ['x', 'y'], dry: true },
    });
    expect(stderr).toContain('acme echo: started');
  });

  test('without what is optional', async () => {
    const { stdout } = await lab('acme', 'echo', 'a.csv', '--constraints', 'c.yaml');
    expect(JSON.parse(stdout)).toEqual({
      arguments: ['a.csv'],
      options: { constraints: 'c.yaml', 'how-many': '3' },
    });
  });

  test('gives the exit code; a LabError is one sentence; anything else has its stack', async () => {
    expect(await lab('acme', 'answer-no')).toMatchObject({ code: 1, stderr: '' });
    expect(await lab('acme', 'refuse')).toMatchObject({
      code: 2,
      stderr: 'lab: line 3: there is no such constraint\n',
    });
    expect(await lab('acme', 'diverge')).toMatchObject({ code: 1, stderr: 'lab: no convergence\n' });
    const { code, stderr } = await lab('acme', 'crash');
    expect(code).toBe(1);
    expect(stderr).toMatch(/TypeError: a bug\n +at .*\n[^]*please report/);
  });
});

test('--engine takes what @lab/experiment knows', () => expect(engines).toEqual(engineChoices));

test('the supported versions of Node', () => {
  const versions = [
    '18.20.0',
    '20.18.9',
    '20.19.0',
    '21.7.0',
    '22.12.0',
    '22.13.0',
    '23.5.0',
    '24.0.0',
    '26.1.0',
  ];
  expect(versions.filter(isSupportedNode)).toEqual(['20.19.0', '22.13.0', '24.0.0', '26.1.0']);
});

describe('lab reproduce', () => {
  const alone = emptyProject();
  afterAll(() => alone.remove());
  const install = (id: string, experiments: string): void => {
    installPaper(alone, { name: id, id, experiments: experiments.replaceAll("'acme'", `'${id}'`) });
  };
  const reproduce = (...names: string[]) => {
    const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
    alone.write('package.json', JSON.stringify({ version: '1.0.0', dependencies }));
    return run(['reproduce', '--out', 'report'], { home: alone.dir, cwd: alone.dir });
  };
  const runs = (): { experiment: string; scale: string; status: string }[] =>
    JSON.parse(readFileSync(join(alone.dir, 'report', 'result.json'), 'utf8')).runs;

  test('runs every experiment of every paper at tour scale into one report', async () => {
    install('one', experimentsCode.replace('[good, bad, refused, endless]', '[good]'));
    install('two', experimentsCode.replace('[good, bad, refused, endless]', '[good]'));
    const { code, stdout } = await reproduce('one', 'two');
    expect(code).toBe(0);
    expect(stdout).toContain('2 of 4 claims hold');
    expect(runs().map(({ experiment, scale }) => [experiment, scale])).toEqual([
      ['one/good', 'tour'],
      ['two/good', 'tour'],
    ]);
    expect(readFileSync(join(alone.dir, 'report', 'report.html'), 'utf8')).toContain('two/good');
  });

  test('an experiment that fails and a paper that does not load do not stop the rest', async () => {
    install('three', experimentsCode.replace('[good, bad, refused, endless]', '[bad, good]'));
    install('four', 'export const nothing = 1;');
    const { code, stderr } = await reproduce('three', 'four');
    expect(code).toBe(1);
    expect(stderr).toMatch(/lab: four is left out: .*does not export `experiments`/);
    expect(runs().map(({ experiment, status }) => [experiment, status])).toEqual([
      ['three/bad', 'failed'],
      ['three/good', 'completed'],
    ]);
  });

  test('without a paper there is nothing to do', async () => {
    expect(await reproduce()).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no paper is installed/),
    });
  });
});
