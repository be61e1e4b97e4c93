import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { entrances } from '../src/entrances';
import { readReference, type Reference } from '../src/reference';

const folder = mkdtempSync(join(tmpdir(), 'lab-docs-'));
let reference: Reference;
beforeAll(async () => {
  reference = await readReference();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every entrance of every package is a module by its import name, with something in it', () => {
  const modules = new Map(
    (reference.project.children ?? []).map(({ name, children = [] }) => [name, children.length]),
  );
  expect([...modules.keys()].sort()).toEqual(
    entrances()
      .map(({ name }) => name)
      .sort(),
  );
  for (const [name, size] of modules) expect(size, name).toBeGreaterThan(0);
});

test('no link is broken and no tag is wrong, when the site is written too', async () => {
  await reference.write(folder);
  expect(reference.faults).toEqual([]);
});

test('the site has the guides, and pages for public names', () => {
  const page = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const index = page('index.html');
  const links = [...index.matchAll(/href="(documents\/[^"#]+)"/g)].map(([, path]) => path!);
  expect(new Set(links).size).toBe(6);
  for (const path of links) expect(existsSync(join(folder, path)), path).toBe(true);
  expect(page('functions/_lab_cps.constrain.html')).toContain('Constrained Posterior Sampling as a control');
});
