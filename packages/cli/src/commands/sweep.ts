import { resolve } from 'node:path';
import { settingFlag, stringifyResult, type RunResult } from '@lab/experiment';
import {
  aggregateSweep,
  planSweep,
  readJob,
  writeJob,
  writeSweep,
  type SweepJob,
  type SweepRun,
} from '@lab/experiment/node';
import { parseSeeds, parseSettings } from '../sweep/arguments';
import { processPool } from '../jobs/process-pool';
import { connect } from '../sweep/queue/connect';
import { runOnQueue } from '../sweep/queue/enqueue';
import { serveQueue } from '../sweep/queue/serve';
import { runHere, type JobProgress, type RunnerEvents } from '../sweep/runner';
import type { Io } from '../terminal/io';
import { startProgress } from '../terminal/progress';
import { allChosen } from './chosen';
import { dataFolder } from './data-folder';
import type { SweepFlags, SweepWorkerFlags } from './sweep-program';
import { claimsLine, resultText } from './result-text';

/** `lab sweep`: experiments x settings x seeds, here or over a queue, into one report. */
export async function sweep(targets: readonly string[], flags: SweepFlags, io: Io): Promise<number> {
  const settings = parseSettings(flags.set);
  const tasks = await allChosen(targets, io);
  const jobs = planSweep({
    experiments: tasks.map(({ paper, experiment }) => ({
      experiment: `${paper.id}/${experiment.id}`,
      version: paper.version,
    })),
    scale: flags.scale,
    seeds: parseSeeds(flags.seeds),
    settings,
    threads: flags.threads,
    ...(flags.engine === undefined ? {} : { engine: flags.engine }),
  });
  const command = [
    `npx lab sweep ${targets.join(' ')} --scale ${flags.scale} --seeds ${flags.seeds}`,
    ...Object.entries(settings).map(([name, values]) => settingFlag(name, values)),
    ...(flags.engine === undefined ? [] : [`--engine ${flags.engine}`]),
    `--threads ${flags.threads}`,
  ].join(' ');

  const dir = resolve(io.cwd, flags.out);
  const runs = await runMissing(jobs, { dir, flags, io });
  const results = aggregateSweep(runs, command);
  if (flags.json) io.stdout(stringifyResult(results));
  else io.stdout([...results.map(resultText), `${claimsLine(results)}\n`].join('\n'));
  if (results.length > 0) {
    const { report } = await writeSweep(dir, runs, { command });
    io.stderr(`lab: the report is ${report}\n`);
  }
  return runs.every(({ result }) => result) ? 0 : 1;
}

/** `lab sweep worker`: takes jobs from a queue until it is stopped. */
export async function sweepWorker(flags: SweepWorkerFlags, io: Io): Promise<number> {
  const connection = await connect(flags.queue);
  try {
    await serveQueue(connection, {
      runner: processPool({ cwd: io.cwd, home: io.home }, { size: flags.workers ?? io.cores }),
      dataDir: dataFolder({ dataDir: flags.dataDir, env: io.env, cwd: io.cwd }),
      signal: io.signal,
      stalledSeconds: flags.stalledAfter,
      log: (line) => io.stderr(`${line}\n`),
    });
  } finally {
    await connection.close();
  }
  return 0;
}

/** Runs the jobs whose results are not in the folder yet; each is written there as soon as it is done. */
async function runMissing(
  jobs: readonly SweepJob[],
  { dir, flags, io }: { readonly dir: string; readonly flags: SweepFlags; readonly io: Io },
): Promise<SweepRun[]> {
  const results = new Map<string, RunResult>();
  for (const job of jobs) {
    const before = await readJob(dir, job);
    if (before) results.set(job.id, before);
  }
  const missing = jobs.filter(({ id }) => !results.has(id));
  if (missing.length < jobs.length)
    io.stderr(`lab: ${jobs.length - missing.length} of ${jobs.length} runs are done already\n`);
  if (missing.length > 0) {
    const progress = startProgress({ name: 'sweep', stderr: io.stderr, isTerminal: io.isTerminal });
    const fractions = new Map<string, number>();
    const onProgress = ({ id, fraction }: JobProgress): void => {
      fractions.set(id, results.has(id) ? 1 : fraction);
      const sum = [...fractions.values()].reduce((total, each) => total + each, 0);
      const done = missing.filter((job) => results.has(job.id)).length;
      progress.update(sum / missing.length, `${done} of ${missing.length} runs done`);
    };
    const events: RunnerEvents = {
      signal: io.signal,
      onProgress,
      onResult: async (job, result) => {
        await writeJob(dir, job, result);
        if (result.status === 'completed') results.set(job.id, result);
        onProgress({ id: job.id, fraction: 1 });
      },
      onFailure: ({ experiment, seed, id }, reason) =>
        progress.log(`${experiment} seed ${seed} (${id.slice(0, 8)}) failed: ${reason}`),
    };
    try {
      await runJobs(missing, { flags, io, events });
    } finally {
      progress.stop();
    }
  }
  return jobs.map((job) => {
    const result = results.get(job.id);
    return result ? { job, result } : { job };
  });
}

interface RunJobs {
  readonly flags: SweepFlags;
  readonly io: Io;
  readonly events: RunnerEvents;
}

async function runJobs(jobs: readonly SweepJob[], { flags, io, events }: RunJobs): Promise<void> {
  if (flags.queue !== undefined) {
    const connection = await connect(flags.queue);
    try {
      await runOnQueue(jobs, connection, events);
    } finally {
      await connection.close();
    }
    return;
  }
  const size = flags.workers ?? Math.min(jobs.length, Math.ceil(io.cores / flags.threads));
  const runner = processPool({ cwd: io.cwd, home: io.home }, { size });
  try {
    await runHere(
      jobs,
      { runner, dataDir: dataFolder({ dataDir: flags.dataDir, env: io.env, cwd: io.cwd }) },
      events,
    );
  } finally {
    runner.close();
  }
}
