import { join, resolve } from 'node:path';
import { Application, Logger, LogLevel, ReflectionKind, type ProjectReflection } from 'typedoc';
import { entrances, root } from './entrances';

/** A reference that was read from the sources, with all that is wrong in it. */
export interface Reference {
  readonly project: ProjectReflection;
  /** Warnings and errors, one text each; a reference without any is sound. */
  readonly faults: readonly string[];
  /** Writes the site. */
  readonly write: (folder: string) => Promise<void>;
}

/** Reads every public entrance and the guides. */
export async function readReference(): Promise<Reference> {
  const all = entrances();
  const app = await Application.bootstrap({
    name: 'Lab',
    entryPoints: all.map(({ source }) => source),
    tsconfig: join(import.meta.dirname, '..', 'tsconfig.reference.json'),
    basePath: root,
    readme: join(import.meta.dirname, '..', 'guides', 'index.md'),
    projectDocuments: [join(import.meta.dirname, '..', 'guides', '[!i]*.md')],
    includeVersion: false,
    disableGit: true,
    disableSources: true,
    excludeInternal: true,
    excludeExternals: true,
    excludePrivate: true,
    hideGenerator: true,
    skipErrorChecking: true,
    validation: { invalidLink: true, rewrittenLink: true, notExported: false, notDocumented: false },
    logLevel: LogLevel.Warn,
  });
  const faults: string[] = [];
  app.logger = new FaultLogger(faults);
  const project = await app.convert();
  if (!project) throw new Error(['typedoc cannot read the sources', ...faults].join('\n'));
  const names = new Map(all.map(({ name, source }) => [resolve(source), name]));
  for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
    const file = project.getSymbolIdFromReflection(module)?.fileName;
    const name = file === undefined ? undefined : names.get(resolve(file));
    if (name !== undefined) module.name = name;
  }
  app.validate(project);
  return { project, faults, write: (folder) => app.generateDocs(project, folder) };
}

/** Keeps what typedoc finds wrong instead of printing it. */
class FaultLogger extends Logger {
  constructor(private readonly faults: string[]) {
    super();
  }

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.faults.push(message);
  }
}
