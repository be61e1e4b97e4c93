import { resolve } from 'node:path';
import { engineOptions, runExperiment, stringifyResult, type RunResult } from '@lab/experiment';
import { writeResult } from '@lab/experiment/node';
import { chooseExecution, engine } from '@lab/tensor-core';
import { isLabError, LabError } from '@lab/tensor-core/errors';
import { discoverPapers } from '../discovery/papers';
import type { Io } from '../terminal/io';
import { startProgress } from '../terminal/progress';
import { singleSettings } from '../sweep/arguments';
import { chosenExperiments, type Task } from './chosen';
import { dataFolder } from './data-folder';
import type { RunFlags } from './program';
import { claimsLine, resultText } from './result-text';

/** `lab run PAPER[/EXPERIMENT]`. */
export async function run(target: string, flags: RunFlags, io: Io): Promise<number> {
  return runAll(await chosenExperiments(target, io), flags, io);
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
  const code = await runAll(tasks, flags, io);
  return broken > 0 ? 1 : code;
}

async function runAll(tasks: readonly Task[], flags: RunFlags, io: Io): Promise<number> {
  const dataDir = dataFolder({ dataDir: flags.dataDir, env: io.env, cwd: io.cwd });
  const settings = singleSettings(flags.set ?? []);
  const out = flags.out === undefined ? undefined : resolve(io.cwd, flags.out);
  const engineInfo = await engine(engineOptions(flags.engine, flags.threads));
  // Refused here and now where it cannot be had, not by each experiment.
  if (flags.engine === 'compiled') chooseExecution('compiled');

  const results: RunResult[] = [];
  for (const [index, { paper, experiment }] of tasks.entries()) {
    if (io.signal.aborted) break;
    const title = `${paper.id}/${experiment.id}`;
    const progress = startProgress({
      name: tasks.length === 1 ? title : `[${index + 1}/${tasks.length}] ${title}`,
      stderr: io.stderr,
      isTerminal: io.isTerminal,
    });
    const result = await runExperiment(experiment, {
      scale: flags.scale,
      seed: flags.seed,
      settings,
      signal: io.signal,
      engineInfo,
      packages: { [paper.package]: paper.version },
      onProgress: progress.update,
      onLog: progress.log,
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    progress.stop();
    results.push(result);
    if (result.error) io.stderr(failureText(result));
    if (!flags.json) io.stdout(`${resultText(result)}\n`);
    // Hours of work must not hang on the last experiment; seconds may.
    if (out !== undefined && result.seconds > 60 && index + 1 < tasks.length) await writeResult(out, results);
  }

  if (flags.json) io.stdout(stringifyResult(results));
  else if (results.length > 0) io.stdout(`${claimsLine(results)}\n`);
  if (out !== undefined && results.length > 0) {
    const { report } = await writeResult(out, results);
    io.stderr(`lab: the report is ${report}\n`);
  }
  const isDone = results.length === tasks.length && results.every(({ status }) => status === 'completed');
  return isDone ? 0 : 1;
}

/** A sentence for an error that was foreseen; for any other the stack, which a report needs. */
function failureText({ experiment, error }: RunResult): string {
  if (!error) return '';
  if (error.code !== undefined) return `lab: ${experiment} failed: ${error.message}\n`;
  return `lab: ${experiment} failed; please report this:\n${error.stack ?? error.message}\n`;
}
