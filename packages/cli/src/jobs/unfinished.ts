import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { RunResult } from '@lab/experiment';
import type { Job } from './job';

/** What a run has finished, kept beside its report until all is done: a run that is stopped goes on from there. */
export interface Unfinished {
  find(job: Job): Promise<RunResult | undefined>;
  keep(job: Job, result: RunResult): Promise<void>;
  /** All is done. */
  clear(): Promise<void>;
}

/** @param identity what else results hang on, such as settings and versions, as text */
export function unfinishedRun(out: string, identity: (job: Job) => string): Unfinished {
  const folder = join(out, 'unfinished');
  const file = (job: Job): string => {
    const hash = createHash('sha256').update(identity(job)).digest('hex').slice(0, 16);
    return join(folder, `${job.paper}-${job.experiment}-${job.seed}-${hash}`);
  };
  return {
    find: async (job) => {
      try {
        return deserialize(await readFile(file(job))) as RunResult;
      } catch {
        // None, or one that was cut short: it is run again.
        return undefined;
      }
    },
    keep: async (job, result) => {
      if (result.status !== 'completed') return;
      await mkdir(folder, { recursive: true });
      const draft = `${file(job)}.tmp`;
      await writeFile(draft, serialize(result));
      await rename(draft, file(job));
    },
    clear: async () => rm(folder, { recursive: true, force: true }),
  };
}
