import { engine } from '@lab/tensor-core';
import type { RunContext } from '@lab/experiment';
import { pretrainAttention, type Pretrained, type PretrainOptions } from '../../pretrain';

/** How much is trained. Several queries of one prompt cost little more than one, and steady the gradient as more prompts would. */
export interface TrainingScale {
  readonly steps: number;
  readonly batch: number;
  readonly queries: number;
  /** @default that of `pretrainAttention` */
  readonly learningRate?: number;
  /** @default that of `pretrainAttention` */
  readonly finalShare?: number;
}

/** Enough for M to be as even as the theory has it, to 3 %; the rate ends low, so that little sampling noise stays in M. */
export const steadyTraining: TrainingScale = {
  steps: 300,
  batch: 64,
  queries: 8,
  learningRate: 0.5,
  finalShare: 0.01,
};

/** The training of full scale. */
export const fullTraining: TrainingScale = { ...steadyTraining, steps: 600, batch: 128 };

/** One training of several. */
export interface Job extends Omit<PretrainOptions, 'steps' | 'queries' | 'signal' | 'onStep'> {
  readonly label: string;
}

/** Runs trainings one after another, with their share of the progress. Longer contexts count for more of it. */
export async function trainJobs(
  jobs: readonly Job[],
  {
    context: { signal, progress },
    training,
    span: [from, to] = [0, 1],
  }: {
    readonly context: Pick<RunContext<unknown>, 'signal' | 'progress'>;
    readonly training: TrainingScale;
    /** The part of the run's progress that is theirs. @default [0, 1] */
    readonly span?: readonly [number, number];
  },
): Promise<Pretrained[]> {
  await engine();
  const total = jobs.reduce((sum, job) => sum + job.context, 0);
  const results: Pretrained[] = [];
  let done = 0;
  for (const { label, ...job } of jobs) {
    const start = done;
    const onStep = ({ step, steps }: { step: number; steps: number }): void => {
      progress(from + ((to - from) * (start + (job.context * step) / steps)) / total, label);
    };
    results.push(await pretrainAttention({ ...training, ...job, signal, onStep }));
    done += job.context;
  }
  return results;
}
