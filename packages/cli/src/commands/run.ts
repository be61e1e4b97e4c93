import { resolve } from 'node:path';
import { engineOptions, stringifyResult, type EngineChoice, type RunResult } from '@lab/experiment';
import { writeResult } from '@lab/experiment/node';
import { chooseExecution, engine } from '@lab/tensor-core';
import { isLabError, LabError } from '@lab/tensor-core/errors';
import { discoverPapers } from '../discovery/papers';
import type { Job, JobRunner } from '../jobs/job';
import { processPool } from '../jobs/process-pool';
import { runAll } from '../jobs/run-all';
import { inProcess } from '../jobs/run-job';
import { unfinishedRun } from '../jobs/unfinished';
import { singleSettings } from '../sweep/arguments';
import type { Io } from '../terminal/io';
import { progressBoard } from '../terminal/progress';
import { allChosen, type Task } from './chosen';
import { dataFolder } from './data-folder';
import type { RunFlags } from './program';
import { claimsLine, resultText } from './result-text';

/** `lab run PAPER[/EXPERIMENT] ...`. */
export async function run(targets: readonly string[], flags: RunFlags, io: Io): Promise<number> {
  return runTasks(await allChosen(targets, io), flags, io);
}

/** `lab reproduce`: every experiment of every installed paper. A paper that does not load fails alone. */
export async function reproduce(flags: RunFlags, io: Io): Promise<number> {
  const tasks: Task[] = [];
  let broken = 0;
  for (const paper of discoverPapers(io)) {
    try {
      tasks.push(...(await paper.experiments()).map((experiment) => ({ paper, experiment })));
    } catch (error) {
      if (!isLabError(error)) throw error;
      io.stderr(`lab: ${paper.id} is left out: ${error.message}\n`);
      broken++;
    }
  }
  if (tasks.length === 0 && broken === 0)
    throw new LabError('missing', 'no paper is installed here', {
      hint: 'for example: npm install @lab/cps',
    });
  const code = await runTasks(tasks, flags, io);
  return broken > 0 ? 1 : code;
}

/** The report is written anew this often while experiments end, so that a long run can be looked at. */
const secondsBetweenReports = 30;

async function runTasks(tasks: readonly Task[], flags: RunFlags, io: Io): Promise<number> {
  const { json = false, fresh = false } = flags;
  const out = flags.out === undefined ? undefined : resolve(io.cwd, flags.out);
  const { jobs, runner } = await plan(tasks, flags, io);
  const unfinished = out === undefined ? undefined : unfinishedRun(out, identityOf(tasks, jobs));
  if (fresh) await unfinished?.clear();

  let reported = performance.now();
  const results = await runAll(jobs, {
    runner,
    place: { cwd: io.cwd, home: io.home },
    board: progressBoard(io),
    signal: io.signal,
    unfinished,
    onTaken: (count) =>
      io.stderr(
        `lab: ${count} of ${jobs.length} experiments are taken from the run that was stopped; --fresh runs them anew\n`,
      ),
    onResult: async (result, all) => {
      if (result.error) io.stderr(failureText(result));
      if (!json) io.stdout(`${resultText(result)}\n`);
      const isDue = performance.now() - reported > 1000 * secondsBetweenReports;
      if (out === undefined || !isDue || all.length === jobs.length) return;
      reported = performance.now();
      await writeResult(out, all);
    },
  });

  if (json) io.stdout(stringifyResult(results));
  else if (results.length > 0) io.stdout(`${claimsLine(results)}\n`);
  if (out !== undefined && results.length > 0) {
    const { report } = await writeResult(out, results);
    io.stderr(`lab: the report is ${report}\n`);
  }
  const isDone = results.length === jobs.length && results.every(({ status }) => status === 'completed');
  if (isDone) await unfinished?.clear();
  else if (out !== undefined) io.stderr('lab: the same command goes on with what is missing\n');
  return isDone ? 0 : 1;
}

/** Several experiments get a process each, and each process its share of the cores. */
async function plan(
  tasks: readonly Task[],
  flags: RunFlags,
  io: Io,
): Promise<{ jobs: Job[]; runner: JobRunner }> {
  const { scale, seed, engine: choice } = flags;
  const place = { cwd: io.cwd, home: io.home };
  const settings = singleSettings(flags.set ?? []);
  const dataDir = dataFolder({ dataDir: flags.dataDir, env: io.env, cwd: io.cwd });
  const size = Math.min(tasks.length, flags.jobs ?? defaultJobs(choice, io.cores));
  const threads = flags.threads ?? (size > 1 ? Math.max(1, Math.floor(io.cores / size)) : undefined);
  // Refused here and now where it cannot be had, not by each experiment.
  await engine(engineOptions(choice, threads));
  if (choice === 'compiled') chooseExecution('compiled');
  const jobs = tasks.map(({ paper, experiment }) => ({
    ...{ paper: paper.id, experiment: experiment.id },
    ...{ scale, seed, settings, engine: choice, threads, dataDir },
  }));
  return { jobs, runner: size > 1 ? processPool(place, { size }) : inProcess(place) };
}

/** Processes that shared one graphics card would wait for each other. */
const defaultJobs = (choice: EngineChoice | undefined, cores: number): number =>
  choice === 'node-gpu' ? 1 : cores;

/** All that a result hangs on. */
function identityOf(tasks: readonly Task[], jobs: readonly Job[]): (job: Job) => string {
  return (job) => {
    const { paper, experiment } = tasks[jobs.indexOf(job)]!;
    return JSON.stringify([job, paper.version, experiment.scales[job.scale], process.version]);
  };
}

/** A sentence for an error that was foreseen; for any other the stack, which a report needs. */
function failureText({ experiment, error }: RunResult): string {
  if (!error) return '';
  if (error.code !== undefined) return `lab: ${experiment} failed: ${error.message}\n`;
  return `lab: ${experiment} failed; please report this:\n${error.stack ?? error.message}\n`;
}
