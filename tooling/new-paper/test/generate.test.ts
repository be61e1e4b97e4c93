import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generatePaper } from '../src/generate.mjs';

const repository = dirname(dirname(dirname(import.meta.dirname)));
let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lab-new-'));
  mkdirSync(join(root, 'packages'));
  writeFileSync(join(root, 'LICENSE'), readFileSync(join(repository, 'LICENSE')));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('generatePaper', () => {
  test('writes the package with its name, title and number, and a changeset', () => {
    const written = generatePaper(root, {
      name: 'my-paper',
      title: 'On a New Method',
      arxiv: '2501.01234',
      authors: 'Noether, Emmy; Turing, Alan',
    });
    expect(written).toContain('packages/my-paper/src/index.ts');
    const manifest = JSON.parse(read('packages/my-paper/package.json'));
    expect(manifest.name).toBe('@lab/my-paper');
    expect(manifest.lab.paper).toEqual({ id: 'my-paper', arxiv: '2501.01234', title: 'On a New Method' });
    expect(read('packages/my-paper/CITATION.cff')).toMatch(
      / {6}- family-names: Noether\n {8}given-names: Emmy\n {6}- family-names: Turing/,
    );
    expect(read('.changeset/my-paper.md')).toMatch(/'@lab\/my-paper': minor/);
  });

  test('leaves no blank to fill, also without a number', () => {
    for (const path of generatePaper(root, { name: 'plain' })) expect(read(path), path).not.toMatch(/\{\{/);
    expect(JSON.parse(read('packages/plain/package.json')).lab.paper.arxiv).toBeUndefined();
    expect(read('packages/plain/CITATION.cff')).not.toContain('arxiv');
  });

  test.each([
    [{ name: 'My Paper' }, /kebab-case/],
    [{ name: '../escape' }, /kebab-case/],
    [{ name: 'x', arxiv: 'math/0309136' }, /--arxiv/],
    [{ name: 'x', title: 'Short' }, /--title/],
  ])('refuses %j and writes nothing', (paper, message) => {
    expect(() => generatePaper(root, paper)).toThrow(message);
    expect(readdirSync(join(root, 'packages'))).toEqual([]);
  });

  test('refuses a name that is taken', () => {
    generatePaper(root, { name: 'taken' });
    expect(() => generatePaper(root, { name: 'taken' })).toThrow(/exists already/);
  });
});
