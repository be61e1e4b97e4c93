import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLabError } from '@lab/tensor-core/errors';
import {
  claimFolder,
  listOption,
  numberOption,
  readText,
  startEngine,
  textOption,
  wordOption,
  writeWhole,
} from '../src/cli/index';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-experiment-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const args = (options: Record<string, string | true>) => ({ arguments: [], options });

describe('options of a verb', () => {
  test('are what was typed, or undefined', () => {
    expect(textOption(args({ out: 'a' }), 'out')).toBe('a');
    expect(textOption(args({ out: true }), 'out')).toBeUndefined();
    expect(listOption(args({ columns: 'a, b,,c' }), 'columns')).toEqual(['a', 'b', 'c']);
    expect(numberOption(args({ rate: '1e-3' }), 'rate')).toBe(0.001);
    expect(numberOption(args({}), 'rate')).toBeUndefined();
    expect(wordOption(args({ kind: 'b' }), 'kind', ['a', 'b'])).toBe('b');
  });

  test.each([
    ['', {}, /--n is a number/],
    ['1.5', { whole: true, min: 1 }, /--n is a whole number from 1/],
    ['9', { min: 0, max: 5 }, /--n is a number from 0 to 5.*received: 9/],
  ])('%j is refused by the flag', (n, range, sentence) => {
    expect(() => numberOption(args({ n }), 'n', range)).toThrow(sentence);
  });

  test('a word that is none of them', () => {
    expect(() => wordOption(args({ kind: 'c' }), 'kind', ['a', 'b'])).toThrow(/--kind is one of a, b/);
  });

  test('an engine that there is none of', async () => {
    await expect(startEngine(args({ engine: 'abacus' }))).rejects.toThrow(/--engine is one of auto/);
  });
});

test('a file is written whole, with its folder, and read by its name', async () => {
  await writeWhole(join(folder, 'deep', 'a.txt'), 'text');
  expect(await readText(folder, join('deep', 'a.txt'))).toEqual({ text: 'text', name: 'a.txt' });
  expect(await readdir(join(folder, 'deep'))).toEqual(['a.txt']);
  await expect(readText(folder, 'none')).rejects.toSatisfy(
    (error) => isLabError(error) && error.code === 'missing',
  );
});

test('a folder belongs to one run', async () => {
  const run = join(folder, 'run');
  await claimFolder(run, { steps: 3 });
  await claimFolder(run, { steps: 3 });
  expect(JSON.parse(await readFile(join(run, 'run.json'), 'utf8'))).toEqual({ steps: 3 });
  await expect(claimFolder(run, { steps: 4 })).rejects.toThrow(/other settings/);
});
