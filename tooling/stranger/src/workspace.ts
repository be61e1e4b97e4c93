import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PublicPackage {
  readonly name: string;
  readonly dir: string;
  readonly version: string;
}

/** The repository's root. */
export const root = join(import.meta.dirname, '..', '..', '..');

/** Every package under `packages` that is not private, by name. */
export function publicPackages(): PublicPackage[] {
  return readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, 'packages', name))
    .map((dir) => ({ dir, manifest: readManifest(dir) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ dir, manifest: { name, version } }) => ({ name, dir, version }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
}
