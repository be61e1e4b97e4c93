import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkPackage } from '../check.mjs';

let dir = '';
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const manifest = {
  name: 'small',
  version: '1.0.0',
  description: 'A package for a test.',
  license: 'MIT',
  type: 'module',
  engines: { node: '>=20' },
  files: ['dist', 'CITATION.cff'],
  exports: {
    '.': {
      import: { types: './dist/index.d.ts', default: './dist/index.js' },
      require: { types: './dist/index.d.cts', default: './dist/index.cjs' },
    },
  },
};
const files: Record<string, string> = {
  'README.md': '# small\n',
  LICENSE: 'MIT\n',
  'CITATION.cff': 'cff-version: 1.2.0\n',
  'dist/index.js': 'export const one = 1;\n',
  'dist/index.cjs': "Object.defineProperty(exports, '__esModule', { value: true });\nexports.one = 1;\n",
  'dist/index.d.ts': 'export declare const one: number;\n',
  'dist/index.d.cts': 'export declare const one: number;\n',
};

async function check(changes: Record<string, string | undefined>, overrides: object = {}) {
  dir = mkdtempSync(join(tmpdir(), 'lab-check-'));
  const all = { 'package.json': JSON.stringify({ ...manifest, ...overrides }), ...files, ...changes };
  for (const [name, text] of Object.entries(all)) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const lines: string[] = [];
  const isGood = await checkPackage(dir, (line: string) => lines.push(line));
  return { isGood, text: lines.join('\n') };
}

test('a package that keeps its promises passes', async () => {
  expect(await check({})).toEqual({
    isGood: true,
    text: 'small: the packed tarball is in order (publint strict, attw node16)',
  });
});

test('a file that exports names and the tarball lacks', async () => {
  const { isGood, text } = await check({ 'dist/index.cjs': undefined });
  expect(isGood).toBe(false);
  expect(text).toContain('publint error FILE_DOES_NOT_EXIST');
  expect(text).toContain('dist/index.cjs');
});

test('declarations of the wrong module kind', async () => {
  const types = { types: './dist/index.d.ts', import: './dist/index.js', require: './dist/index.cjs' };
  const { isGood, text } = await check({}, { exports: { '.': types } });
  expect(isGood).toBe(false);
  expect(text).toContain('attw FalseESM: types say ES module, the file is CommonJS');
});

test('an entrance without declarations', async () => {
  const { isGood, text } = await check(
    { 'dist/other.js': 'export const two = 2;\n' },
    { exports: { ...manifest.exports, './other': './dist/other.js' } },
  );
  expect(isGood).toBe(false);
  expect(text).toMatch(/attw (UntypedResolution|CJSResolvesToESM).*\.\/other/);
});

test('files that the tarball lacks, and files that are of use here alone', async () => {
  const { isGood, text } = await check(
    { LICENSE: undefined, 'dist/one.test.js': 'one;\n', 'dist/bench/two.js': 'two;\n' },
    { dependencies: { other: 'file:../other' } },
  );
  expect(isGood).toBe(false);
  for (const fault of [
    'LICENSE is not in the tarball',
    'dist/one.test.js is a test',
    'dist/bench/two.js is a test',
    'dependencies: other is file:../other, which npm cannot read',
  ])
    expect(text).toContain(fault);
});

test('paths of more than a hundred letters are read whole', async () => {
  const long = `dist/${'folder/'.repeat(20)}one.test.js`;
  expect((await check({ [long]: 'one;\n' })).text).toContain(`${long} is a test`);
});
