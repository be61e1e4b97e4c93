import { adam, disposeTree, trainer, treeSize, type Tensor } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import { samplingInputs, trainingInputs } from './inputs';
import { checkedSteps } from './protocol';
import { samplingLoop } from './sampling';
import { workloads, type Workload } from './workloads';

export interface HowToRun {
  readonly engine: 'eager' | 'compiled';
  readonly threads: number;
}

/** A workload with its weights and batches in memory. */
export interface Prepared {
  readonly weights: number;
  /** What is timed. */
  readonly step: () => Promise<unknown>;
  /** What all sides must agree on. */
  readonly check: () => Promise<readonly number[]>;
}

export function prepare(name: string, how: HowToRun): Promise<Prepared> {
  const workload = workloads.find((each) => each.name === name);
  return workload ? prepareTraining(workload, how) : prepareSampling(how);
}

async function prepareTraining<Params, Batch>(workload: Workload<Params, Batch>, how: HowToRun) {
  const { params, batches } = trainingInputs(workload);
  const weights = treeSize(params);
  const run = await trainer<Params, Batch>({
    ...how,
    params,
    loss: (...inputs) => workload.loss(...inputs),
    optimizer: adam({ learningRate: 1e-3 }),
  });
  disposeTree(params);
  if (run.engine !== how.engine) throw new Error(`the training runs ${run.engine} and not ${how.engine}`);
  const forSteps = key(1);
  let done = 0;
  const step = (): Promise<number> => run.step(batches[done % batches.length]!, foldIn(forSteps, done++));
  return {
    weights,
    step,
    async check() {
      const losses: number[] = [];
      while (losses.length < checkedSteps) losses.push(await step());
      return losses;
    },
  };
}

async function prepareSampling({ engine }: HowToRun) {
  const { params, init } = samplingInputs();
  const denoiser = samplingLoop.denoiser(params);
  const run = (): Promise<Tensor> => samplingLoop.run(denoiser, init, engine);
  return {
    weights: treeSize(params),
    step: async () => (await run()).dispose(),
    async check() {
      (await run()).dispose();
      const before = samplingLoop.calls();
      const samples = await run();
      if (engine === 'compiled' && samplingLoop.calls() - before >= samplingLoop.steps)
        throw new Error('the sampler called the network at every step, so it did not run compiled');
      const values = Array.from(await samples.data());
      samples.dispose();
      return values;
    },
  };
}
