import {
  cosineSchedule,
  ddim,
  networkDenoiser,
  sample,
  timeSeriesTransformer,
  type Denoiser,
  type TimeSeriesTransformerParams,
} from '@lab/diffusion-core';
import { randomNormal, type Key, type Tensor } from '@lab/tensor-core';
import { key as seed } from '@lab/tensor-core/random';

const network = timeSeriesTransformer({ length: 96, channels: 1, width: 64 });
const schedule = cosineSchedule();

let networkCalls = 0;
/** The same network, counted: a compiled run does not call it at every step, and one that does is not compiled. */
const counted: typeof network = {
  ...network,
  apply(...inputs) {
    networkCalls++;
    return network.apply(...inputs);
  },
};

/** A sampling loop to be timed, with an untrained network: what it computes does not change what it costs. */
export const samplingLoop = {
  name: 'ddim',
  title: 'DDIM, 20 steps of a transformer of width 64 on 96x1, batch 64',
  steps: 20,
  params: (key: Key): TimeSeriesTransformerParams => network.init(key),
  /** The noise that a run starts from; the tensor belongs to the caller. */
  init: (key: Key): Tensor => randomNormal(key, [64, 96, 1]),
  denoiser: (params: TimeSeriesTransformerParams): Denoiser =>
    networkDenoiser(counted, params, { predicts: 'v', schedule }),
  /** One whole run; the samples belong to the caller. */
  async run(denoiser: Denoiser, init: Tensor, engine: 'eager' | 'compiled'): Promise<Tensor> {
    const options = { schedule, solver: ddim(), steps: samplingLoop.steps, init, key: seed(0), engine };
    return (await sample(denoiser, options)).samples;
  },
  /** Calls of the network's function so far, by JavaScript. */
  calls: () => networkCalls,
};
