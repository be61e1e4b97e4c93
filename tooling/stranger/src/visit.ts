import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, ownSize, sizeOf, type Manager, type Project } from './project';
import { importTime } from './quickstart';
import type { Registry } from './registry';
import type { PublicPackage } from './workspace';

/** A package in a stranger's project, and what it costs there. */
export interface Visit {
  readonly project: Project;
  /** Megabytes of the package itself. */
  readonly own: number;
  /** Megabytes of all that was installed. */
  readonly installed: number;
  /** Milliseconds. */
  readonly imported: number;
}

export async function visit(
  { name, dir }: PublicPackage,
  {
    registry,
    folder,
    manager,
  }: { readonly registry: Registry; readonly folder: string; readonly manager: Manager },
): Promise<Visit> {
  const project = await install(name, {
    manager,
    registry,
    dir: join(folder, manager, name),
    readme: readFileSync(join(dir, 'README.md'), 'utf8'),
  });
  return {
    project,
    own: ownSize(project) / 1e6,
    installed: sizeOf(join(project.dir, 'node_modules')) / 1e6,
    imported: await importTime(name, project.dir),
  };
}
