import { LabError } from '@lab/tensor-core/errors';
import { z } from 'zod';
import type { RunResult } from '../run/result';
import type { Figure } from '../types';
import { artifactFiles, figureFiles } from './file-names';
import { encodeForVega, encodeNumbers } from './numbers';
import { resultFile, type ParsedResultFile } from './result-file';

/** The text of `result.json` for some runs. Artifacts are listed, their content is not in it. */
export function stringifyResult(results: readonly RunResult[]): string {
  checkDistinct(results);
  const figureFile = figureFiles(results);
  const artifactFile = artifactFiles(results);
  const flat = <T, U>(parts: (result: RunResult) => readonly T[], map: (part: T) => U) =>
    results.flatMap((result) =>
      parts(result).map((part) => ({ experiment: result.experiment, ...map(part) })),
    );
  const file = {
    format: 'lab-result',
    version: 1,
    runs: results.map(({ claims: _c, tables: _t, figures: _f, artifacts: _a, ...run }) => run),
    claims: flat(
      (result) => result.claims,
      (claim) => claim,
    ),
    tables: flat(
      (result) => result.tables,
      (table) => table,
    ),
    figures: [] as unknown[],
    artifacts: flat(
      (result) => result.artifacts,
      (artifact) => ({ name: artifact.name, bytes: artifact.bytes, file: artifactFile(artifact) }),
    ),
  };
  file.figures = flat(
    (result) => result.figures,
    (figure) => ({ ...figure, file: figureFile(figure), spec: encodeForVega(figure.spec) }),
  );
  return `${JSON.stringify(encodeNumbers(file), null, 2)}\n`;
}

/**
 * Runs from the text of a `result.json`, whoever wrote it.
 *
 * @throws LabError `format` naming the place that is wrong
 */
export function parseResult(text: string): RunResult[] {
  const file = checkedFile(text);
  const own = <T extends { experiment: string }>(parts: readonly T[], experiment: string) =>
    parts.filter((part) => part.experiment === experiment).map(({ experiment: _e, ...part }) => part);
  return file.runs.map((run) =>
    defined({
      ...run,
      scale: run.scale,
      settings: decodeNumbers(run.settings),
      claims: own(file.claims, run.experiment),
      tables: own(file.tables, run.experiment),
      figures: own(file.figures, run.experiment).map(({ file: _file, ...figure }): Figure => figure),
      artifacts: own(file.artifacts, run.experiment).map(({ name, bytes }) => ({ name, bytes })),
    }),
  );
}

function checkedFile(text: string): ParsedResultFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LabError('format', 'result file: this is not JSON', { received: String(cause), cause });
  }
  const parsed = resultFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LabError('format', 'result file: it does not fit the schema', {
    argument: issue === undefined || issue.path.length === 0 ? 'the file' : z.core.toDotPath(issue.path),
    received: issue?.message,
    hint: 'the schema is @lab/experiment/result.schema.json',
    cause: parsed.error,
  });
}

function checkDistinct(results: readonly RunResult[]): void {
  const names = results.map(({ experiment }) => experiment);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new LabError('argument', 'result file: an experiment is in it twice', { received: twice });
}

/** Undoes `encodeNumbers` in values of unknown shape. */
function decodeNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeNumbers);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]![0] === 'nonFinite') return Number(entries[0]![1]);
  return Object.fromEntries(entries.map(([name, each]) => [name, decodeNumbers(each)]));
}

/** zod types an absent property as `T | undefined`; at run time it is absent, which is what the types here mean. */
function defined<T>(value: unknown): T {
  return value as T;
}
