import { engineOptions, runExperiment, type Experiment, type RunResult } from '@lab/experiment';
import { engine } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { findPaper, type Paper } from '../discovery/papers';
import type { Job, JobPlace, JobRunner, JobWatch } from './job';

/** Runs a job in this process. */
export async function runJob(job: Job, place: JobPlace, watch: JobWatch): Promise<RunResult> {
  const { paper, experiment } = await findExperiment(job, place);
  const { scale, seed, dataDir } = job;
  return runExperiment(experiment, {
    ...{ scale, seed },
    ...watch,
    engineInfo: await engine(engineOptions(job.engine, job.threads)),
    packages: { [paper.package]: paper.version },
    ...(dataDir === undefined ? {} : { dataDir }),
  });
}

/** The result of a job that could not be run to an end here: failed, with that error. */
export async function failedJob(job: Job, place: JobPlace, error: Error): Promise<RunResult> {
  const { paper, experiment } = await findExperiment(job, place);
  const failing: Experiment = { ...experiment, run: () => Promise.reject(error) };
  const { scale, seed } = job;
  return runExperiment(failing, { scale, seed, packages: { [paper.package]: paper.version } });
}

/** One job at a time, in this process. */
export function inProcess(place: JobPlace): JobRunner {
  return { size: 1, run: (job, watch) => runJob(job, place, watch), close: () => undefined };
}

/** @throws LabError `argument` when the paper is not installed, or has no such experiment */
export async function findExperiment(
  { paper: id, experiment: wanted }: Pick<Job, 'paper' | 'experiment'>,
  place: JobPlace,
): Promise<{ readonly paper: Paper; readonly experiment: Experiment }> {
  const paper = findPaper(id, place);
  const experiments = await paper.experiments();
  const experiment = experiments.find((each) => each.id === wanted);
  if (experiment === undefined)
    throw new LabError('argument', `${paper.package} has no experiment "${wanted}"`, {
      expected: experiments.map((each) => `${id}/${each.id}`).join(', ') || 'an experiment; it has none',
    });
  return { paper, experiment };
}
