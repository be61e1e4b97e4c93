import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's folder. */
export const root = join(import.meta.dirname, '..', '..', '..');

/** One entrance of a published package. */
export interface Entrance {
  /** As an import names it, such as `@lab/cps/experiments`. */
  readonly name: string;
  /** Its TypeScript source. */
  readonly source: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly '@lab/source'?: string }>>;
}

/** Every entrance with code of every published package: what package.json exports, and nothing else. */
export function entrances(): Entrance[] {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const dir = join(root, 'packages', folder);
    if (!existsSync(join(dir, 'package.json'))) return [];
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
    if (manifest.private) return [];
    return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const source = typeof target === 'string' ? undefined : target['@lab/source'];
      return source === undefined
        ? []
        : [{ name: manifest.name + subpath.slice(1), source: join(dir, source) }];
    });
  });
}
