import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @typedef {{ dir: string, name: string, manifest: Record<string, any>, isPaper: boolean, subpaths: Set<string> }} Package
 */

/** @type {Map<string, Package[]>} */
const known = new Map();

/** The nearest folder above `from` that holds a pnpm workspace, or undefined outside one. */
export function workspaceRoot(from) {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'pnpm-workspace.yaml'))) return dir;
    if (dirname(dir) === dir) return undefined;
  }
}

/**
 * The packages beside `dir`. A paper is one whose package.json says so (`lab.paper`), so a new paper falls under the
 * rules with no edit here.
 *
 * @param {string} dir a package's folder
 * @returns {Package[]}
 */
export function siblingPackages(dir) {
  const parent = join(workspaceRoot(dir) ?? dirname(dirname(dir)), 'packages');
  const cached = known.get(parent);
  if (cached) return cached;
  const packages = (existsSync(parent) ? readdirSync(parent) : [])
    .map((name) => join(parent, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return {
        dir: folder,
        name: manifest.name,
        manifest,
        isPaper: manifest.lab?.paper !== undefined,
        subpaths: new Set(Object.keys(manifest.exports ?? { '.': '' })),
      };
    });
  known.set(parent, packages);
  return packages;
}
