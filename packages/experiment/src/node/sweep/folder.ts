import { join } from 'node:path';
import { isLabError } from '@lab/tensor-core/errors';
import type { RunResult } from '../../run/result';
import { readResult, writeResult, type WrittenResult } from '../write-result';
import { aggregateSweep, type SweepRun } from './aggregate';
import type { SweepJob } from './plan';

/** Keeps one job's result, with its own report, in the folder of a sweep: `jobs/ID`. */
export async function writeJob(dir: string, { id }: SweepJob, result: RunResult): Promise<void> {
  await writeResult(jobFolder(dir, id), result);
}

/** The result of a job that an earlier sweep left in the folder; undefined when it is not there or did not complete. */
export async function readJob(dir: string, { id }: SweepJob): Promise<RunResult | undefined> {
  try {
    const [result] = await readResult(jobFolder(dir, id));
    return result?.status === 'completed' ? result : undefined;
  } catch (error) {
    // A folder that was damaged is a job to run again.
    if (isLabError(error)) return undefined;
    throw error;
  }
}

/** Writes `result.json`, `report.html` and figures of the whole sweep, beside `jobs`. */
export async function writeSweep(
  dir: string,
  sweep: readonly SweepRun[],
  { command }: { readonly command: string },
): Promise<WrittenResult> {
  return writeResult(dir, aggregateSweep(sweep, command), { title: 'Sweep' });
}

const jobFolder = (dir: string, id: string): string => join(dir, 'jobs', id);
