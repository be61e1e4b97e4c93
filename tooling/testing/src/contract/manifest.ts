import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface LabField {
  readonly paper?: { readonly id?: string; readonly title?: string; readonly arxiv?: string };
  readonly experiments?: string;
  readonly commands?: string;
}

interface Conditions {
  readonly '@lab/source'?: string;
  readonly import?: { readonly types?: string; readonly default?: string };
  readonly require?: { readonly types?: string; readonly default?: string };
}

export interface Manifest {
  readonly name?: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: unknown;
  readonly engines?: { readonly node?: string };
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, string | Conditions>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean };
  readonly lab?: LabField;
}

export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
}

/** The source file behind an entrance such as `./experiments`. */
export function sourceOf(manifest: Manifest, entrance: string): string | undefined {
  const target = manifest.exports?.[entrance];
  return typeof target === 'object' ? target['@lab/source'] : undefined;
}

/** What package.json lacks, one sentence each. */
export function manifestFaults(dir: string): string[] {
  const manifest = readManifest(dir);
  const faults: string[] = [];
  const demand = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault);
  };
  demand(manifest.name === `@lab/${basename(dir)}`, `name is not @lab/${basename(dir)}`);
  demand((manifest.description ?? '').length >= 20, 'description says too little');
  demand(manifest.license === 'MIT', 'license is not MIT');
  demand(manifest.type === 'module', 'type is not module');
  demand(manifest.sideEffects !== undefined, 'sideEffects is not declared');
  demand((manifest.engines?.node ?? '') !== '', 'engines.node is not declared');
  demand(manifest.files?.includes('dist') ?? false, 'files does not include dist');
  demand(manifest.publishConfig?.provenance === true, 'publishConfig.provenance is not true');
  for (const script of ['build', 'typecheck', 'lint', 'test', 'check:package'])
    demand(manifest.scripts?.[script] !== undefined, `scripts.${script} is missing`);
  for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
    if (name.startsWith('@lab/')) demand(range === 'workspace:^', `dependency ${name} is not workspace:^`);
  demand(manifest.exports?.['.'] !== undefined, 'exports has no "."');
  return [...faults, ...exportFaults(dir, manifest)];
}

/** Each entrance has a source, and built files with declarations for import and for require. */
export function exportFaults(dir: string, manifest: Manifest): string[] {
  const faults: string[] = [];
  for (const [entrance, target] of Object.entries(manifest.exports ?? {})) {
    const files =
      typeof target === 'string'
        ? { file: target }
        : {
            '@lab/source': target['@lab/source'],
            'import.types': target.import?.types,
            'import.default': target.import?.default,
            'require.types': target.require?.types,
            'require.default': target.require?.default,
          };
    for (const [condition, file] of Object.entries(files)) {
      if (file === undefined) faults.push(`exports["${entrance}"] has no ${condition}`);
      else if (!existsSync(join(dir, file)))
        faults.push(`exports["${entrance}"] ${condition}: ${file} does not exist; is the package built?`);
    }
  }
  return faults;
}

/** What is wrong with the `lab` field by which the command finds a paper. */
export function labFieldFaults({ lab, exports: entrances = {} }: Manifest): string[] {
  const faults: string[] = [];
  const id = lab?.paper?.id ?? '';
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) faults.push('lab.paper.id is not a kebab-case word');
  if ((lab?.paper?.title ?? '').length < 10) faults.push('lab.paper.title is not a title');
  const arxiv = lab?.paper?.arxiv;
  if (arxiv !== undefined && !/^\d{4}\.\d{4,5}$/.test(arxiv))
    faults.push(`lab.paper.arxiv "${arxiv}" is not an arXiv id`);
  if (lab?.experiments === undefined) faults.push('lab.experiments is missing');
  for (const field of ['experiments', 'commands'] as const) {
    const entrance = lab?.[field];
    if (entrance !== undefined && entrances[entrance] === undefined)
      faults.push(`lab.${field} "${entrance}" is not in exports`);
  }
  return faults;
}
