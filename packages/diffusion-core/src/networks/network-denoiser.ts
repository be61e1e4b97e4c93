import type { Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { tensorSpace } from '../spaces/tensor-space';
import type { Denoiser, Prediction, Schedule } from '../types';
import { networkRunner } from './network-runner';

export interface NetworkDenoiserOptions {
  /** What the network was trained to put out. */
  readonly predicts: Prediction;
  /** The schedule it was trained with; given, a pair that cannot work is refused here and not in the first step. */
  readonly schedule?: Schedule;
  /** What the network is told of a time in (0, 1], such as `(t) => 1000 * t`. @default t itself */
  readonly time?: (t: number) => number;
}

/** Any network that maps a state [B, ...] and times [B] to a state. */
export interface TimedNetwork<Params, Condition> {
  apply(params: Params, x: Tensor, t: Tensor, condition?: Condition): Tensor;
}

/**
 * A trained network as a denoiser. It holds no tensor of its own: `params` stay the caller's, and must live as long as
 * the denoiser is used. Its calls run op by op or compiled, as `PredictContext` says; compiled graphs hold memory of ONNX
 * Runtime until `dispose()`, or until the denoiser is collected. A network that cannot be compiled (one that reads
 * values, say) runs op by op, which is said once, unless `engine: 'compiled'` was asked for.
 *
 * @example
 * const denoiser = networkDenoiser(network, params, { predicts: 'v', schedule });
 */
export function networkDenoiser<Params, Condition = unknown>(
  network: TimedNetwork<Params, Condition>,
  params: Params,
  { predicts, schedule, time = (t) => t }: NetworkDenoiserOptions,
): Denoiser<Tensor, Condition> {
  if (predicts === 'epsilon' && schedule?.alpha(1) === 0)
    throw new LabError('unsupported', 'a noise prediction says nothing about the sample at alpha = 0', {
      argument: 'predicts',
      received: `epsilon with ${schedule.name}, whose alpha(1) is 0`,
      hint: "train with predicts: 'v' or 'velocity'",
    });
  const run = networkRunner(network);
  return {
    predicts,
    space: tensorSpace,
    predict: (x, t, condition, context) => run.call({ params, x, t: time(t), condition }, context),
    dispose: () => run.dispose(),
  };
}
