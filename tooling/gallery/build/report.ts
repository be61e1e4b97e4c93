import { readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '@lab/experiment';
import { readResult, writeResult } from '@lab/experiment/node';
import type { Plugin } from 'vite';
import { publicDir } from './paths.ts';

export interface ReportOptions {
  /** Holds a `result.json`, or folders that do, as `lab reproduce --out` and `lab run --out` write them. */
  readonly dir: string;
}

const id = 'virtual:gallery/report';

/**
 * The report as a part of the site: the runs of a folder, written out by the same function as `lab reproduce` uses. Without
 * results the site has no report and says so.
 */
export function galleryReport({ dir }: ReportOptions): Plugin {
  let results: RunResult[] = [];
  return {
    name: 'gallery-report',
    async configResolved() {
      results = await readRuns(dir);
      await writeReport(join(publicDir, 'report'), results);
    },
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load: (source) =>
      source === `\0${id}`
        ? `export default ${results.length === 0 ? 'undefined' : JSON.stringify(summaryOf(results))};`
        : undefined,
  };
}

/** Writes the report of some runs in the place of the one before; of none there is no report. */
export async function writeReport(dir: string, results: readonly RunResult[]): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  if (results.length > 0) await writeResult(dir, results, { title: 'Lab' });
}

/** All runs in a folder and in the folders in it; of several of one experiment the latest. */
export async function readRuns(dir: string): Promise<RunResult[]> {
  if (!existsSync(dir)) return [];
  const inside = (await readdir(dir, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const dirs = [dir, ...inside.map(({ name }) => join(dir, name))];
  const latest = new Map<string, RunResult>();
  for (const each of dirs.filter((folder) => existsSync(join(folder, 'result.json'))))
    for (const run of await withArtifacts(each)) {
      const known = latest.get(run.experiment);
      if (known === undefined || known.started < run.started) latest.set(run.experiment, run);
    }
  return [...latest.values()].sort((a, b) => (a.experiment < b.experiment ? -1 : 1));
}

/** Runs with the content of their artifacts, which lies beside the result file. */
async function withArtifacts(dir: string): Promise<RunResult[]> {
  const { artifacts } = JSON.parse(await readFile(join(dir, 'result.json'), 'utf8')) as {
    artifacts: readonly { experiment: string; name: string; file: string }[];
  };
  const runs = await readResult(dir);
  return Promise.all(
    runs.map(async (run) => ({
      ...run,
      artifacts: await Promise.all(
        run.artifacts.map(async (artifact) => {
          const found = artifacts.find(
            ({ experiment, name }) => experiment === run.experiment && name === artifact.name,
          );
          const path = join(dir, found?.file ?? '');
          return found && existsSync(path)
            ? { ...artifact, content: new Uint8Array(await readFile(path)) }
            : artifact;
        }),
      ),
    })),
  );
}

export interface ReportSummary {
  readonly scales: readonly string[];
  readonly papers: Readonly<Record<string, { readonly held: number; readonly claims: number }>>;
}

/** How many claims of each paper hold. */
export function summaryOf(results: readonly RunResult[]): ReportSummary {
  const papers: Record<string, { held: number; claims: number }> = {};
  for (const { experiment, claims } of results) {
    const paper = (papers[experiment.split('/')[0]!] ??= { held: 0, claims: 0 });
    paper.claims += claims.length;
    paper.held += claims.filter(({ holds }) => holds).length;
  }
  return { scales: [...new Set(results.map(({ scale }) => scale))], papers };
}
