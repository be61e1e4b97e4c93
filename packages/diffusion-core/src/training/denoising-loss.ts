import { tf, type Tensor } from '@lab/tensor-core';
import type { TimedNetwork } from '../networks/network-denoiser';
import {
  isLevelled,
  levelledBatch,
  type DenoisingBatch,
  type LevelledBatch,
  type LevelOptions,
} from './denoising-batch';

export interface DenoisingLossOptions<Params, Condition> extends LevelOptions {
  readonly network: TimedNetwork<Params, Condition>;
}

/**
 * The denoising objective `mean_b w(t_b) mean_i (network(x_t, t) - target)_i^2`, `x_t = alpha x0 + sigma noise`.
 *
 * A pure, differentiable scalar of `params`; nothing is drawn inside. Of a `levelledBatch` it can be compiled; with `t` as
 * an array, which a compiled function would not see, it runs op by op.
 *
 * Ho et al. 2020, eq. 14 (epsilon); Salimans & Ho 2022 (v); Liu et al. 2022 (velocity); Hang et al. 2023 (min-snr).
 *
 * @example
 * const loss = denoisingLoss(params, { x0, noise, t }, { network, schedule, predicts: 'v', weighting: 'min-snr' });
 */
export function denoisingLoss<Params, Condition = unknown>(
  params: Params,
  batch: DenoisingBatch<Condition> | LevelledBatch<Condition>,
  options: DenoisingLossOptions<Params, Condition>,
): Tensor {
  return tf.tidy(() => {
    const { x0, noise, alpha, sigma, time, weight, condition } = isLevelled(batch)
      ? batch
      : levelledBatch(batch, options);
    const x = tf.add(tf.mul(alpha, x0), tf.mul(sigma, noise));
    const target = (): Tensor => {
      switch (options.predicts) {
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
    const error = tf.square(tf.sub(options.network.apply(params, x, time, condition), target()));
    return tf.mean(weight ? tf.mul(weight, error) : error);
  });
}
