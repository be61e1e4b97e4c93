import { engineOptions, runExperiment, type RunOptions, type RunResult } from '@lab/experiment';
import type { SweepJob } from '@lab/experiment/node';
import { engine } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { findPaper, type DiscoveryOptions } from '../discovery/papers';

export interface RunJobOptions extends DiscoveryOptions, Pick<RunOptions, 'onProgress'> {
  readonly dataDir?: string;
}

/**
 * Runs one job of a sweep in this thread.
 *
 * @throws LabError `missing` when its experiment, or that version of it, is not installed here
 */
export async function runJob(job: SweepJob, options: RunJobOptions): Promise<RunResult> {
  const { dataDir, onProgress } = options;
  const [id = '', wanted = ''] = job.experiment.split('/');
  const paper = findPaper(id, options);
  const experiment = (await paper.experiments()).find((each) => each.id === wanted);
  if (!experiment || paper.version !== job.version)
    throw new LabError('missing', `${job.experiment} is not here in the version that the sweep asks for`, {
      received: `${paper.package} ${paper.version}`,
      expected: job.version,
      hint: `npm install ${paper.package}@${job.version}`,
    });
  return runExperiment(experiment, {
    scale: job.scale,
    seed: job.seed,
    settings: job.settings,
    engineInfo: await engine(engineOptions(job.engine, job.threads)),
    packages: { [paper.package]: paper.version },
    ...(onProgress && { onProgress }),
    ...(dataDir === undefined ? {} : { dataDir }),
  });
}
