import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The whole way, in a copy of the repository: generate, install from the store without a registry, lint, check types,
// build, test, and run with the command. `dist` of the other packages is copied, so that they are not built again.

const repository = dirname(dirname(dirname(import.meta.dirname)));
const isWindows = process.platform === 'win32';
const left = new Set(['node_modules', '.git', '.turbo', '.test-results', 'lab-report', 'coverage']);

let root = '';
const pnpm = (...args: string[]): string =>
  execFileSync('pnpm', args, { cwd: root, encoding: 'utf8', shell: isWindows, env: childEnvironment() });
const lab = (...args: string[]): string =>
  execFileSync(process.execPath, [join(root, 'packages/cli/dist/bin.js'), ...args], {
    cwd: root,
    encoding: 'utf8',
  });

/** Without what the outer pnpm and test runner set for their own children. */
function childEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|npm_(package|lifecycle))/.test(name),
  );
  return { ...Object.fromEntries(inherited), CI: '1' };
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'lab-workspace-'));
  cpSync(repository, root, {
    recursive: true,
    filter: (path) => !left.has(basename(path)),
  });
  execFileSync(
    process.execPath,
    ['tooling/new-paper/src/cli.mjs', 'demo', '--no-install', '--title', 'A Demonstration Paper'],
    {
      cwd: root,
    },
  );
  pnpm('install', '--offline', '--frozen-lockfile');
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('a generated paper', () => {
  const own = (...args: string[]) => pnpm('--filter', '@lab/demo', 'exec', ...args);

  test('is formatted', () => {
    expect(pnpm('exec', 'prettier', '--check', 'packages/demo')).toContain(
      'All matched files use Prettier code style',
    );
  });

  test('lints and has types', () => {
    own('eslint', '.');
    own('tsc', '--noEmit');
  });

  test('builds, and its tarball is in order', () => {
    own('tsup');
    expect(readdirSync(join(root, 'packages/demo/dist'))).toEqual(
      expect.arrayContaining(['index.js', 'index.cjs', 'index.d.ts', 'index.d.cts', 'experiments.js']),
    );
    expect(pnpm('--filter', '@lab/demo', 'run', 'check:package')).toContain('the packed tarball is in order');
  });

  test('passes its tests, the contract among them', () => {
    pnpm('--filter', '@lab/demo', 'test');
    const report = JSON.parse(readFileSync(join(root, 'packages/demo/.test-results/vitest.json'), 'utf8'));
    expect(report.numFailedTests).toBe(0);
    const names: string[] = report.testResults.flatMap((file: any) =>
      file.assertionResults.map((each: any) => each.fullName),
    );
    expect(names).toContain('paper contract experiments are well formed');
    expect(names).toContain('method contract jamesStein: a batch equals its members one by one');
    expect(names.filter((name) => name.startsWith('README runs as pasted'))).toHaveLength(3);
  });

  test('appears in lab list at once, and runs', () => {
    const listed = JSON.parse(lab('list', '--json')).find(({ id }: { id: string }) => id === 'demo');
    expect(listed).toMatchObject({ title: 'A Demonstration Paper', package: '@lab/demo' });
    expect(listed.experiments).toHaveLength(1);
    const out = join(root, 'out');
    lab('run', 'demo', '--scale', 'tour', '--out', out);
    const { claims } = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    expect(claims.map(({ id, holds }: { id: string; holds: boolean }) => [id, holds])).toEqual([
      ['dominates', true],
      ['risk-at-zero', true],
    ]);
    expect(statSync(join(out, 'report.html')).size).toBeGreaterThan(1000);
  });

  test('leaves the lockfile as an install would: a frozen one accepts it', () => {
    expect(existsSync(join(root, 'packages/demo/node_modules/@lab/tensor-core'))).toBe(true);
    const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
    expect(lockfile).toMatch(/\n {2}packages\/demo:\n/);
    pnpm('install', '--offline', '--no-frozen-lockfile', '--lockfile-only');
    expect(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')).toBe(lockfile);
  });
});
