import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What a module imports when it runs: every import and export-from but `import type` and `export type`. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statements = /^\s*(import|export)\s+(?!type\b)(?:[^;'"]*?\bfrom\s*)?['"]([^'"]+)['"]/gm;
  const dynamic = /\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/g;
  return [
    ...[...text.matchAll(statements)].map((match) => match[2]!),
    ...[...text.matchAll(dynamic)].map((match) => match[1]!),
  ];
}

function resolve(from: string, specifier: string): string {
  const base = join(dirname(from), specifier);
  const found = [base, `${base}.ts`, join(base, 'index.ts')].find(
    (path) => /\.\w+$/.test(path) && existsSync(path),
  );
  if (found === undefined) throw new Error(`${from} imports ${specifier}, which is nowhere`);
  return found;
}

/** The packages that a file loads through everything it imports, and how many files that takes. */
function reach(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path)) return;
    files.add(path);
    for (const specifier of importsOf(path))
      if (specifier.startsWith('.')) visit(resolve(path, specifier));
      // the build drops the prefix
      else packages.add(specifier.replace(/^node:/, ''));
  };
  visit(join(root, entry));
  return { files, packages };
}

// What a user of a subpath loads: kilobytes, and Node only for checkpoints in files.
const subpaths: Record<string, string[]> = {
  random: [],
  tree: [],
  errors: [],
  linalg64: ['ml-matrix'],
  io: ['fflate'],
  checkpoint: ['fs/promises', 'path'],
};

describe.each(Object.entries(subpaths))('@lab/tensor-core/%s', (name, expected) => {
  it(`loads ${expected.join(', ') || 'no package'}: no TensorFlow.js`, () => {
    const { packages } = reach(`src/${name}/index.ts`);
    expect([...packages].sort()).toEqual(expected);
  });

  it.skipIf(!existsSync(join(root, `dist/${name}.js`)))('as built, too (skipped before a build)', () => {
    for (const extension of ['js', 'cjs']) {
      const { packages } = reach(`dist/${name}.${extension}`);
      expect([...packages].sort()).toEqual(expected);
    }
  });
});

it('the walk sees what it should: the main entry reaches TensorFlow.js through many files', () => {
  const { files, packages } = reach('src/index.ts');
  expect([...packages]).toContain('@tensorflow/tfjs-core');
  const seen = [...files].map((path) => relative(root, path));
  expect(seen).toContain(join('src', 'random', 'threefry.ts'));
  expect(seen).toContain(join('src', 'tf.ts'));
});
