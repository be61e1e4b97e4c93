import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** What every tarball has. */
const required = ['package.json', 'README.md', 'LICENSE', 'CITATION.cff'];

/** What is of use in the repository alone. */
const unwanted = [
  {
    what: 'a test',
    pattern: /(^|\/)(test|tests|__tests__|bench|\.test-results)\/|\.(test|spec|bench)\.[cm]?[jt]sx?$/,
  },
  {
    what: 'a tool setting',
    pattern: /(^|\/)(tsconfig[^/]*\.json|[^/]+\.config\.[cm]?[jt]s|turbo\.json|\.npmrc|\.env[^/]*)$/,
  },
  { what: 'an installed package', pattern: /(^|\/)node_modules\// },
  { what: 'an archive', pattern: /\.(tgz|tar|zip)$/ },
];

/**
 * The files of an npm tarball by their path inside the package.
 *
 * @param {string} tarball
 * @returns {Map<string, Buffer>}
 */
export function readTarball(tarball) {
  const bytes = gunzipSync(readFileSync(tarball));
  const files = new Map();
  const text = (at, length) => bytes.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  // ustar: a header of 512 bytes, then the content in blocks of 512; a name of more than 100 bytes has a prefix or a pax record.
  let longName;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const size = Number.parseInt(text(at + 124, 12).trim(), 8) || 0;
    const content = bytes.subarray(at + 512, at + 512 + size);
    const type = text(at + 156, 1);
    if (type === 'x') longName = /\d+ path=([^\n]*)\n/.exec(content.toString('utf8'))?.[1];
    else {
      const prefix = text(at + 345, 155);
      const name = longName ?? (prefix === '' ? text(at, 100) : `${prefix}/${text(at, 100)}`);
      longName = undefined;
      if (type === '0' || type === '') files.set(name.replace(/^[^/]+\//, ''), content);
    }
    at += 512 + 512 * Math.ceil(size / 512);
  }
  return files;
}

/**
 * What a tarball lacks and what it should not have, one sentence each.
 *
 * @param {string} tarball
 * @param {{ changelog?: boolean }} [options] whether a release has written the changelog
 * @returns {string[]}
 */
export function contentFaults(tarball, { changelog = false } = {}) {
  const files = readTarball(tarball);
  const manifest = JSON.parse(files.get('package.json')?.toString('utf8') ?? '{}');
  const faults = [...required, ...(changelog ? ['CHANGELOG.md'] : [])]
    .filter((name) => !files.has(name) || files.get(name).length === 0)
    .map((name) => `${name} is not in the tarball`);
  for (const path of files.keys())
    for (const { what, pattern } of unwanted) if (pattern.test(path)) faults.push(`${path} is ${what}`);
  for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies'])
    for (const [name, range] of Object.entries(manifest[field] ?? {}))
      if (/^(workspace|catalog|link|file):/.test(range))
        faults.push(`${field}: ${name} is ${range}, which npm cannot read`);
  return faults;
}
