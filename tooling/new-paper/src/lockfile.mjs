import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const groups = ['dependencies', 'devDependencies'];

/**
 * Adds a package to the lockfile by what is locked for the packages beside it, which ask for the same versions through
 * the catalog. So the install that follows needs no registry.
 *
 * @param {string} root the workspace's folder
 * @param {string} name the folder below `packages`
 * @returns {boolean} false when something it needs is not locked yet; then an ordinary install resolves it
 */
export function addImporter(root, name) {
  const path = join(root, 'pnpm-lock.yaml');
  if (!existsSync(path)) return false;
  const lockfile = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  const importers = readImporters(lockfile);
  const beside = importers.filter(({ id }) => id.startsWith('packages/'));
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));

  const lines = [`  packages/${name}:`];
  for (const group of groups) {
    const wanted = Object.entries(manifest[group] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    if (wanted.length > 0) lines.push(`    ${group}:`);
    for (const [dependency, specifier] of wanted) {
      const locked = beside
        .flatMap(({ locks }) => locks)
        .find((lock) => lock.name === dependency && lock.specifier === specifier);
      const version = locked?.version ?? linkOf(importers, dependency, specifier);
      if (version === undefined) return false;
      const key = dependency.startsWith('@') ? `'${dependency}'` : dependency;
      const quoted = specifier.endsWith(':') ? `'${specifier}'` : specifier;
      lines.push(`      ${key}:`, `        specifier: ${quoted}`, `        version: ${version}`);
    }
  }
  const next = importers.find(({ id }) => id > `packages/${name}`);
  if (next === undefined) return false;
  writeFileSync(path, `${lockfile.slice(0, next.at)}${lines.join('\n')}\n\n${lockfile.slice(next.at)}`);
  return true;
}

/** A workspace package that no package beside it depends on yet. */
function linkOf(importers, dependency, specifier) {
  if (!specifier.startsWith('workspace:')) return undefined;
  const folder = dependency.replace(/^@lab\//, '');
  const id = [`packages/${folder}`, `tooling/${folder}`].find((each) =>
    importers.some((importer) => importer.id === each),
  );
  return id === undefined
    ? undefined
    : `link:${id.startsWith('packages/') ? '..' : '../../tooling'}/${folder}`;
}

/** The importers in the lockfile's order, each with its place in the text and what is locked for it. */
function readImporters(lockfile) {
  const start = lockfile.indexOf('\nimporters:\n');
  const end = lockfile.indexOf('\npackages:\n', start);
  const section = lockfile.slice(start, end);
  const found = [...section.matchAll(/^ {2}(\S[^\n]*):$/gm)];
  return found.map((match, index) => {
    const text = section.slice(match.index, found[index + 1]?.index);
    const locks = [...text.matchAll(/^ {6}(\S+):\n {8}specifier: (.+)\n {8}version: (.+)$/gm)].map(
      ([, name, specifier, version]) => ({ name: unquote(name), specifier: unquote(specifier), version }),
    );
    return { id: match[1], at: start + match.index, locks };
  });
}

const unquote = (text) => text.replace(/^'(.*)'$/, '$1');
