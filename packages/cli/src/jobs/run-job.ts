import { engineOptions, runExperiment, type Experiment, type RunResult } from '@lab/experiment';
import { engine } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { chosenExperiments, type Task } from '../commands/chosen';
import type { Job, JobPlace, JobRunner, JobWatch } from './job';

/**
 * Runs a job in this process.
 *
 * @throws LabError `argument` when there is no such experiment here, `missing` when it is not there in the job's version
 */
export async function runJob(job: Job, place: JobPlace, watch: JobWatch): Promise<RunResult> {
  const { paper, experiment } = await taskOf(job, place);
  if (job.version !== undefined && job.version !== paper.version)
    throw new LabError(
      'missing',
      `${job.paper}/${job.experiment} is not here in the version that is asked for`,
      {
        received: `${paper.package} ${paper.version}`,
        expected: job.version,
        hint: `npm install ${paper.package}@${job.version}`,
      },
    );
  const { scale, seed, settings = {}, dataDir } = job;
  return runExperiment(experiment, {
    ...{ scale, seed, settings },
    ...watch,
    engineInfo: await engine(engineOptions(job.engine, job.threads)),
    packages: { [paper.package]: paper.version },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
}

/** The result of a job that could not be run to an end: failed, with that error. */
export async function failedJob(job: Job, place: JobPlace, error: unknown): Promise<RunResult> {
  const { paper, experiment } = await taskOf(job, place);
  const failing: Experiment = { ...experiment, run: () => Promise.reject(error) };
  const { scale, seed, settings = {} } = job;
  return runExperiment(failing, { scale, seed, settings, packages: { [paper.package]: paper.version } });
}

/** One job at a time, in this process. */
export function inProcess(place: JobPlace): JobRunner {
  return { size: 1, run: (job, watch) => runJob(job, place, watch), close: () => undefined };
}

async function taskOf({ paper, experiment }: Job, place: JobPlace): Promise<Task> {
  const [task] = await chosenExperiments(`${paper}/${experiment}`, place);
  return task!;
}
