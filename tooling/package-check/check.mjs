import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { contentFaults } from './contents.mjs';

export { contentFaults, readTarball } from './contents.mjs';

const pnpm = process.platform === 'win32' ? 'pnpm.cmd' : 'pnpm';

/**
 * Packs a package as it would be published and looks at what is in the tarball, then puts it through publint (strict) and
 * attw: the files that
 * package.json promises are in it, and their types say what Node and TypeScript find for `import` and for `require`.
 * The old `node10` resolution is left out (attw's profile `node16`): it cannot see subpath exports at all.
 *
 * @param {string} dir
 * @param {(line: string) => void} [print]
 * @returns {Promise<boolean>} true when nothing is wrong
 */
export async function checkPackage(dir, print = console.log) {
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'lab-pack-'));
  try {
    const tarball = pack(dir, folder);
    const faults = [
      ...contentFaults(tarball),
      ...(await withPublint(tarball, manifest)),
      ...withAttw(tarball, manifest),
    ];
    if (faults.length === 0)
      print(`${manifest.name}: the packed tarball is in order (publint strict, attw node16)`);
    else print([`${manifest.name}: the packed tarball has ${faults.length} faults`, ...faults].join('\n  '));
    return faults.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} dir the package's folder
 * @param {string} folder an empty one, for the tarball
 * @returns {string} the tarball's path
 */
export function pack(dir, folder) {
  const { status, stdout, stderr, error } = spawnSync(pnpm, ['pack', '--pack-destination', folder], {
    cwd: dir,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`pnpm pack failed: ${error?.message ?? ''}${stderr}${stdout}`);
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return join(folder, file);
}

async function withPublint(tarball, manifest) {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages } = await publint({ strict: true, pack: { tarball: buffer } });
  return messages.map(
    (message) => `publint ${message.type} ${message.code}: ${formatMessage(message, manifest)}`,
  );
}

const worded = {
  NoResolution: 'does not resolve',
  UntypedResolution: 'resolves without types',
  FalseCJS: 'types say CommonJS, the file is an ES module',
  FalseESM: 'types say ES module, the file is CommonJS',
  CJSResolvesToESM: 'require() finds an ES module',
  FallbackCondition: 'is found through a fallback condition',
  NamedExports: 'types promise named exports that Node does not see',
  InternalResolutionError: 'its types import a file that does not resolve',
};

/** Subpaths whose target is data, such as weights: they have no types to check. */
function dataEntries({ exports = {} }) {
  return Object.entries(exports)
    .filter(([, target]) => typeof target === 'string' && !/\.[cm]?js(on)?$/.test(target))
    .map(([subpath]) => subpath);
}

function withAttw(tarball, manifest) {
  const entry = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json');
  const { bin } = JSON.parse(readFileSync(entry, 'utf8'));
  const program = join(dirname(entry), typeof bin === 'string' ? bin : bin.attw);
  const args = [program, tarball, '--profile', 'node16', '--format', 'json', '--no-definitely-typed'];
  const data = dataEntries(manifest);
  if (data.length > 0) args.push('--exclude-entrypoints', ...data);
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return [`attw did not run: ${stderr}${stdout}`];
  }
  const problems = report.analysis?.problems ?? [];
  // The JSON report has every problem; the profile is applied here.
  return problems
    .filter(({ resolutionKind }) => resolutionKind !== 'node10')
    .map(({ kind, entrypoint, resolutionKind, fileName, typesFileName, implementationFileName }) => {
      const where = [entrypoint, resolutionKind, fileName, typesFileName, implementationFileName];
      return `attw ${kind}: ${worded[kind] ?? ''} (${where.filter(Boolean).join(', ')})`;
    });
}
