import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { TimedNetwork } from '../networks/network-denoiser';
import type { Prediction, Schedule } from '../types';
import { lossWeight, type Weighting } from './weighting';

/** One batch of the training problem, all randomness in it. */
export interface DenoisingBatch<Condition> {
  /** Clean samples [B, ...]. */
  readonly x0: Tensor;
  /** Standard normal, of x0's shape. */
  readonly noise: Tensor;
  /** [B] times in (0, 1]. */
  readonly t: ArrayLike<number>;
  readonly condition?: Condition;
}

export interface DenoisingLossOptions<Params, Condition> {
  readonly network: TimedNetwork<Params, Condition>;
  readonly schedule: Schedule;
  /** What the network puts out. */
  readonly predicts: Prediction;
  /** @default as `predicts`: the plain squared error of the output */
  readonly weighting?: Weighting;
  /** As in `networkDenoiser`. @default t itself */
  readonly time?: (t: number) => number;
}

/**
 * The denoising objective `mean_b w(t_b) mean_i (network(x_t, t) - target)_i^2`, `x_t = alpha x0 + sigma noise`.
 *
 * A pure, differentiable scalar of `params`; nothing is drawn inside.
 *
 * Ho et al. 2020, eq. 14 (epsilon); Salimans & Ho 2022 (v); Liu et al. 2022 (velocity); Hang et al. 2023 (min-snr).
 *
 * @example
 * const loss = denoisingLoss(params, { x0, noise, t }, { network, schedule, predicts: 'v', weighting: 'min-snr' });
 */
export function denoisingLoss<Params, Condition = unknown>(
  params: Params,
  { x0, noise, t, condition }: DenoisingBatch<Condition>,
  {
    network,
    schedule,
    predicts,
    weighting = predicts,
    time = (each) => each,
  }: DenoisingLossOptions<Params, Condition>,
): Tensor {
  const batch = x0.shape[0];
  if (t.length !== batch || noise.shape.join() !== x0.shape.join())
    throw new LabError('shape', 'a training batch needs one time a sample and noise of the samples shape', {
      expected: x0.shape,
      received: { noise: noise.shape, t: [t.length] },
    });
  return tf.tidy(() => {
    const times = Array.from(t);
    const column = (of: (each: number) => number): Tensor =>
      tf.tensor(times.map(of), [batch, ...x0.shape.slice(1).map(() => 1)], 'float32');
    const alpha = column((each) => schedule.alpha(each));
    const sigma = column((each) => schedule.sigma(each));
    const x = tf.add(tf.mul(alpha, x0), tf.mul(sigma, noise));
    const target = (): Tensor => {
      switch (predicts) {
        case 'epsilon':
          return noise;
        case 'sample':
          return x0;
        case 'v':
          return tf.sub(tf.mul(alpha, noise), tf.mul(sigma, x0));
        case 'velocity':
          return tf.sub(noise, x0);
      }
    };
    const told = tf.tensor1d(times.map(time), 'float32');
    const error = tf.square(tf.sub(network.apply(params, x, told, condition), target()));
    if (weighting === predicts) return tf.mean(error);
    const weight = column((each) =>
      lossWeight(weighting, { predicts, alpha: schedule.alpha(each), sigma: schedule.sigma(each) }),
    );
    return tf.mean(tf.mul(weight, error));
  });
}
