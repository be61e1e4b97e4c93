import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from '@lab/tensor-core/errors';
import { renderFigure } from '../figures/render';
import { renderReport } from '../report/report';
import type { RunResult } from '../run/result';
import { artifactFiles, figureFiles } from '../schema/file-names';
import { parseResult, stringifyResult } from '../schema/serialize';

export interface WriteResultOptions {
  /** Heading of the report. @default 'Results' */
  readonly title?: string;
}

/** Paths of what was written. */
export interface WrittenResult {
  readonly result: string;
  readonly report: string;
  readonly figures: readonly string[];
  readonly artifacts: readonly string[];
}

/**
 * Writes `result.json`, `report.html`, `figures/ID.svg` and `artifacts/NAME` into a folder, which is made when it is not
 * there. Each file appears whole or not at all, `result.json` last: where it is, all that it names is.
 *
 * @param results one run, or several of different experiments
 */
export async function writeResult(
  dir: string,
  results: RunResult | readonly RunResult[],
  { title = 'Results' }: WriteResultOptions = {},
): Promise<WrittenResult> {
  const all: readonly RunResult[] = 'experiment' in results ? [results] : results;
  const text = stringifyResult(all);
  const figureFile = figureFiles(all);
  const artifactFile = artifactFiles(all);
  const figures: string[] = [];
  for (const figure of all.flatMap((result) => result.figures))
    figures.push(await writeWhole(join(dir, figureFile(figure)), `${await renderFigure(figure)}\n`));
  const artifacts: string[] = [];
  for (const artifact of all.flatMap((result) => result.artifacts))
    // Without content it was read back from a result file, and lies where that lay.
    if (artifact.content !== undefined)
      artifacts.push(await writeWhole(join(dir, artifactFile(artifact)), artifact.content));
  const report = await writeWhole(join(dir, 'report.html'), await renderReport(all, { title, artifactFile }));
  const result = await writeWhole(join(dir, 'result.json'), text);
  return { result, report, figures, artifacts };
}

/**
 * The runs in a folder that `writeResult` wrote.
 *
 * @throws LabError `missing` without a `result.json`, `format` when it does not fit the schema
 */
export async function readResult(dir: string): Promise<RunResult[]> {
  const file = join(dir, 'result.json');
  try {
    return parseResult(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new LabError('missing', `there is no ${file}`, { argument: 'dir', received: dir, cause });
  }
}

/** Writes beside the place, syncs, and moves there. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}
