import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dryRelease, root } from '../dry.mjs';

/** What a release changes: manifests, changelogs and changesets. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const add = (folder: string, pattern: RegExp): void => {
    for (const name of readdirSync(join(root, folder))
      .filter((each) => pattern.test(each))
      .sort())
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(root, folder, name)));
  };
  add('.changeset', /\./);
  add('', /^(package\.json|pnpm-lock\.yaml)$/);
  for (const name of readdirSync(join(root, 'packages'))) add(`packages/${name}`, /^(package\.json|.*\.md)$/);
  return hash.digest('hex');
}

const published = readdirSync(join(root, 'packages')).map((name) => `@lab/${name}`);

test('every package gets a version and a changelog, and every tarball is in order; the checkout stays as it is', () => {
  const before = fingerprint();
  const { releases, faults } = dryRelease();
  expect(releases.map(({ name }) => name).sort()).toEqual(published.sort());
  expect([...faults, ...releases.flatMap((each) => each.faults)]).toEqual([]);
  for (const { version, bytes } of releases) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    // The largest of all holds compiled engines' gradients and stays below two megabytes.
    expect(bytes).toBeLessThan(2 << 20);
  }
  expect(fingerprint()).toBe(before);
});

test('what is wrong with a release is found', () => {
  const { releases } = dryRelease({
    only: (name) => name === '@lab/bandits',
    change: (copy) => {
      const dir = join(copy, 'packages', 'bandits');
      const file = join(dir, 'package.json');
      const manifest = JSON.parse(readFileSync(file, 'utf8'));
      manifest.files.push('test', 'notes');
      manifest.license = 'ISC';
      manifest.publishConfig.provenance = false;
      writeFileSync(file, JSON.stringify(manifest));
      rmSync(join(dir, 'CITATION.cff'));
      mkdirSync(join(dir, 'notes'));
      appendFileSync(join(dir, 'notes', 'tsconfig.json'), '{}');
      for (const name of readdirSync(join(copy, '.changeset')).filter((each) => each.endsWith('.md')))
        rmSync(join(copy, '.changeset', name));
    },
  });
  const faults = releases.flatMap((each) => each.faults);
  for (const fault of [
    'CITATION.cff is not in the tarball',
    'CHANGELOG.md is not in the tarball',
    'notes/tsconfig.json is a tool setting',
    '@lab/bandits: license is ISC',
    '@lab/bandits: publishConfig.provenance is not true',
    '@lab/bandits: no changeset gives it a version',
    '@lab/bandits: CHANGELOG.md says nothing of 0.0.0',
  ])
    expect(faults).toContain(fault);
  expect(faults).toContainEqual(expect.stringMatching(/^test\/contract\.test\.ts is a test$/));
});
