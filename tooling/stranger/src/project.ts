import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fencedBlocks, snippets } from '@lab/testing/snippets';
import type { Registry } from './registry';
import { run } from './run';

export type Manager = 'npm' | 'pnpm';

/** A stranger's empty project with one package in it. */
export interface Project {
  readonly dir: string;
  /** The package's folder, as the project sees it. */
  readonly installed: string;
  /** The README's first block of code. */
  readonly quickstart: string;
}

/** What the README tells a reader to install, as the words after `npm install`. */
export function installWords(readme: string): string[] {
  const found = fencedBlocks(readme)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.split('\n'))
    .find((line) => line.startsWith('npm install '));
  if (found === undefined) throw new Error('the README has no line that begins with `npm install`');
  return found.split(/\s+/).slice(2);
}

/** Installs a package as its README says, into an empty project. */
export async function install(
  name: string,
  {
    manager,
    registry,
    dir,
    readme,
  }: {
    readonly manager: Manager;
    readonly registry: Registry;
    readonly dir: string;
    readonly readme: string;
  },
): Promise<Project> {
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ name: 'stranger', private: true, version: '1.0.0' }),
  );
  // Keeps pnpm from taking a workspace further up for its own
  if (manager === 'pnpm') writeFileSync(join(dir, 'pnpm-workspace.yaml'), 'packages: []\n');
  const words = installWords(readme);
  const args =
    manager === 'npm'
      ? ['install', ...words, '--no-audit', '--no-fund']
      : ['add', ...words, '--reporter=silent'];
  await run(manager, args, {
    cwd: dir,
    env: { npm_config_userconfig: registry.userconfig, npm_config_registry: registry.url },
  });
  const installed = join(dir, 'node_modules', name);
  const [first] = snippets(readFileSync(join(installed, 'README.md'), 'utf8'));
  if (!first) throw new Error(`${name}: its README has no code to run`);
  return { dir, installed, quickstart: first.code };
}

/** Bytes of all files under a folder; what a link points to is counted where it lies. */
export function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const entry = lstatSync(path);
    if (entry.isDirectory()) bytes += sizeOf(path);
    else if (entry.isFile()) bytes += entry.size;
  }
  return bytes;
}

/** Bytes of a package itself, without what it depends on. */
export function ownSize({ installed }: Project): number {
  return sizeOf(realpathSync(installed));
}
