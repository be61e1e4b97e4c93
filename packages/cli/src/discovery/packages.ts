import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the command reads of a package.json. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly exports?: unknown;
  readonly lab?: {
    readonly paper?: { readonly id?: string; readonly title?: string; readonly arxiv?: string };
    readonly experiments?: string;
    readonly commands?: string;
  };
}

/** An installed package: its real folder and its package.json. */
export interface InstalledPackage {
  readonly dir: string;
  readonly manifest: Manifest;
}

/** Reads the package in a folder; undefined when there is none or its package.json is not JSON. */
export function readPackage(dir: string): InstalledPackage | undefined {
  try {
    const real = realpathSync(dir);
    return { dir: real, manifest: JSON.parse(readFileSync(join(real, 'package.json'), 'utf8')) as Manifest };
  } catch {
    return undefined;
  }
}

/** The folders from `from` up to the root of the file system. */
export function* ancestors(from: string): Generator<string> {
  for (let dir = from; ; dir = dirname(dir)) {
    yield dir;
    if (dirname(dir) === dir) return;
  }
}

/** The package that `name` means for code in `from`, found as Node finds it: the nearest node_modules that has it. */
export function findInstalled(name: string, from: string): InstalledPackage | undefined {
  for (const dir of ancestors(from)) {
    const found = readPackage(join(dir, 'node_modules', name));
    if (found) return found;
  }
  return undefined;
}

/** The nearest package at or above a folder. */
export function nearestPackage(from: string): InstalledPackage | undefined {
  for (const dir of ancestors(from)) if (existsSync(join(dir, 'package.json'))) return readPackage(dir);
  return undefined;
}

/** The packages that a package asks for by name and that are installed. */
export function directDependencies({ dir, manifest }: InstalledPackage): InstalledPackage[] {
  const names = new Set(
    [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((each) =>
      Object.keys(each ?? {}),
    ),
  );
  return [...names].flatMap((name) => findInstalled(name, dir) ?? []);
}

/** The packages of the pnpm workspace around a folder (`packages/*`); none outside a workspace. */
export function workspacePackages(from: string): InstalledPackage[] {
  for (const root of ancestors(from)) {
    if (!existsSync(join(root, 'pnpm-workspace.yaml'))) continue;
    const parent = join(root, 'packages');
    if (!existsSync(parent)) return [];
    return readdirSync(parent)
      .sort()
      .flatMap((name) => readPackage(join(parent, name)) ?? []);
  }
  return [];
}
