import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LabError } from '@lab/tensor-core/errors';
import type { InstalledPackage } from './packages';

const conditions = new Set(['node', 'import', 'module', 'default']);

/**
 * Loads the module behind an entrance of a package, such as `./experiments`, as `import` would.
 *
 * @throws LabError `format` when package.json has no such entrance, `missing` when its file is not there
 */
export async function loadEntrance(
  found: InstalledPackage,
  entrance: string,
): Promise<Record<string, unknown>> {
  const { dir, manifest } = found;
  const name = manifest.name ?? dir;
  const target = pick((manifest.exports as Record<string, unknown> | undefined)?.[entrance]);
  if (target === undefined)
    throw new LabError('format', `${name}: its "lab" field names an entrance that "exports" does not have`, {
      received: entrance,
      hint: 'add it to "exports" in its package.json',
    });
  const file = join(dir, target);
  if (!existsSync(file))
    throw new LabError('missing', `${name} is not built`, { expected: file, hint: 'run: pnpm build' });
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
}

/** The file of the first condition that holds for an import in Node, in the order in which they are written. */
function pick(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  if (typeof target !== 'object' || target === null) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = conditions.has(condition) ? pick(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
