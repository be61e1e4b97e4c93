import type { Experiment, PaperCommand } from '@lab/experiment';
import { LabError } from '@lab/tensor-core/errors';
import { loadEntrance } from './entrance';
import { directDependencies, nearestPackage, workspacePackages, type InstalledPackage } from './packages';

/** A paper package that was found, before any of its code is loaded. */
export interface Paper {
  readonly id: string;
  readonly title: string;
  readonly arxiv: string | undefined;
  /** The package's name and version. */
  readonly package: string;
  readonly version: string;
  readonly dir: string;
  /** The verbs are loaded only when asked for. */
  readonly hasCommands: boolean;
  experiments(): Promise<readonly Experiment[]>;
  commands(): Promise<readonly PaperCommand[]>;
}

export interface DiscoveryOptions {
  /** The user's folder: the packages that its project depends on are looked at. */
  readonly cwd: string;
  /** A folder inside the command's own package, whose dependencies come with it. */
  readonly home: string;
}

/**
 * Every installed paper: a package whose package.json has a `lab` field with a `paper`. Looked at are the workspace
 * around `cwd` and around the command, the dependencies of the project at `cwd`, and those of the command itself. The
 * first package that claims an id has it.
 */
export function discoverPapers({ cwd, home }: DiscoveryOptions): Paper[] {
  const candidates = [...workspacePackages(cwd), ...workspacePackages(home), ...around(cwd), ...around(home)];
  const papers = new Map<string, Paper>();
  for (const candidate of candidates) {
    const paper = asPaper(candidate);
    if (paper && !papers.has(paper.id)) papers.set(paper.id, paper);
  }
  return [...papers.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The paper of that id.
 *
 * @throws LabError `argument` when it is not installed; the hint lists those that are
 */
export function findPaper(id: string, options: DiscoveryOptions): Paper {
  const papers = discoverPapers(options);
  const found = papers.find((paper) => paper.id === id);
  if (found) return found;
  throw new LabError('argument', `no installed paper is called "${id}"`, {
    expected: papers.map((paper) => paper.id).join(', ') || 'an installed paper package',
    hint: `see: lab list; or install its package, for example: npm install @lab/${id}`,
  });
}

function around(from: string): InstalledPackage[] {
  const project = nearestPackage(from);
  return project ? [project, ...directDependencies(project)] : [];
}

function asPaper(found: InstalledPackage): Paper | undefined {
  const { manifest, dir } = found;
  const { paper, experiments, commands } = manifest.lab ?? {};
  if (paper?.id === undefined) return undefined;
  const name = manifest.name ?? dir;
  return {
    id: paper.id,
    title: paper.title ?? paper.id,
    arxiv: paper.arxiv,
    package: name,
    version: manifest.version ?? '',
    dir,
    hasCommands: commands !== undefined,
    experiments: async () =>
      experiments === undefined ? [] : list(await loadEntrance(found, experiments), 'experiments', name),
    commands: async () =>
      commands === undefined ? [] : list(await loadEntrance(found, commands), 'commands', name),
  };
}

function list<T>(module: Record<string, unknown>, field: string, name: string): readonly T[] {
  // CommonJS modules that Node cannot analyse put their exports on `default`.
  const found = module[field] ?? (module.default as Record<string, unknown> | undefined)?.[field];
  if (Array.isArray(found)) return found as T[];
  throw new LabError(
    'format',
    `${name} does not export \`${field}\` from the entrance that its "lab" field names`,
    {
      expected: `export const ${field} = [...]`,
      received: Object.keys(module).join(', ') || 'no exports',
    },
  );
}
