import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { contentFaults, pack, readTarball } from '@lab/package-check';

/** The checkout. */
export const root = join(import.meta.dirname, '..', '..');

/** What is made again. */
const left = new Set(['node_modules', '.turbo', '.test-results', 'coverage']);

/**
 * @typedef {object} Release one package as it would be published
 * @property {string} name
 * @property {string} version
 * @property {number} bytes size of its tarball
 * @property {string[]} faults
 */

/**
 * Does what a release does, up to publishing, in a copy of the checkout: takes the changesets for versions and changelogs,
 * packs every package, and looks into each tarball. The checkout is only read.
 *
 * @param {object} [options]
 * @param {(copy: string) => void} [options.change] changes the copy before it is released; for tests
 * @param {(name: string) => boolean} [options.only] which packages are packed
 * @returns {{ releases: Release[], faults: string[] }} `faults` are of the whole, not of one package
 */
export function dryRelease({ change, only = () => true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lab-release-'));
  try {
    const copy = join(folder, 'copy');
    copyCheckout(copy);
    change?.(copy);
    takeChangesets(copy);
    const packages = workspace(copy);
    linkWorkspace(packages);
    const versions = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));
    const published = packages.filter(({ manifest }) => !manifest.private);
    const releases = published
      .filter(({ manifest }) => only(manifest.name))
      .map((each) => release(each, { versions, folder: join(folder, 'tarballs', basename(each.dir)) }));
    const waiting = readdirSync(join(copy, '.changeset')).filter((name) => /(?<!README)\.md$/.test(name));
    return { releases, faults: waiting.map((name) => `.changeset/${name} was not taken`) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All of the packages, since a tarball may have what it should not; of the tools only what makes them part of the workspace. */
function copyCheckout(copy) {
  mkdirSync(copy);
  const take = (name, filter = () => true) => {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true, filter });
  };
  for (const name of ['package.json', 'pnpm-workspace.yaml', '.npmrc', '.changeset']) take(name);
  take('packages', (path) => !left.has(basename(path)));
  for (const name of readdirSync(join(root, 'tooling'))) take(join('tooling', name, 'package.json'));
}

/** `changeset version`. It asks git since when a changeset is there, so the copy is a repository of its own. */
function takeChangesets(copy) {
  const git = (...args) =>
    run(
      'git',
      [
        '-c',
        'user.name=release',
        '-c',
        'user.email=release@localhost',
        '-c',
        'commit.gpgsign=false',
        ...args,
      ],
      copy,
    );
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all', '.changeset', 'package.json');
  git('commit', '--quiet', '--no-verify', '--message=copy');
  const entry = createRequire(import.meta.url).resolve('@changesets/cli/package.json');
  const { bin } = JSON.parse(readFileSync(entry, 'utf8'));
  run(
    process.execPath,
    [join(dirname(entry), typeof bin === 'string' ? bin : bin.changeset), 'version'],
    copy,
  );
}

function workspace(copy) {
  return ['packages', 'tooling'].flatMap((group) =>
    readdirSync(join(copy, group))
      .map((name) => join(copy, group, name))
      .filter((dir) => existsSync(join(dir, 'package.json')))
      .map((dir) => ({ dir, manifest: JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) })),
  );
}

/** pnpm reads what `workspace:` stands for from the installed package: here a link to the copy's own. */
function linkWorkspace(packages) {
  const dirs = new Map(packages.map(({ dir, manifest }) => [manifest.name, dir]));
  for (const { dir, manifest } of packages)
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const target = dirs.get(name);
      if (target === undefined || !range.startsWith('workspace:')) continue;
      const link = join(dir, 'node_modules', ...name.split('/'));
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(target, link, 'junction');
    }
}

function release({ dir, manifest }, { versions, folder }) {
  mkdirSync(folder, { recursive: true });
  const tarball = pack(dir, folder);
  const files = readTarball(tarball);
  return {
    name: manifest.name,
    version: manifest.version,
    bytes: readFileSync(tarball).length,
    faults: [
      ...contentFaults(tarball, { changelog: true }),
      ...releaseFaults(JSON.parse(files.get('package.json').toString('utf8')), {
        changelog: files.get('CHANGELOG.md')?.toString('utf8') ?? '',
        versions,
      }),
    ],
  };
}

/** What is wrong with a manifest as it stands in the tarball. */
function releaseFaults(
  { name, version, license, publishConfig, dependencies = {} },
  { changelog, versions },
) {
  const faults = [];
  if (version === '0.0.0') faults.push('no changeset gives it a version');
  if (!changelog.split('\n').includes(`## ${version}`))
    faults.push(`CHANGELOG.md says nothing of ${version}`);
  if (license !== 'MIT') faults.push(`license is ${license}`);
  if (publishConfig?.provenance !== true) faults.push('publishConfig.provenance is not true');
  if (publishConfig?.access !== 'public') faults.push('publishConfig.access is not public');
  for (const [other, range] of Object.entries(dependencies))
    if (versions.has(other) && range !== `^${versions.get(other)}`)
      faults.push(`${other} is wanted as ${range} and released as ${versions.get(other)}`);
  return faults.map((fault) => `${name}: ${fault}`);
}

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${basename(command)} ${args.join(' ')}: ${error?.message ?? ''}${stdout}${stderr}`);
}
