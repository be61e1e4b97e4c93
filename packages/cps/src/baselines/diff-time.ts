import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Metadata } from '@lab/diffusion-core';
import {
  denoisingLoss,
  levelledBatch,
  type DenoisingBatch,
  type DenoisingLossOptions,
  type LevelledBatch,
} from '@lab/diffusion-core';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';

/**
 * DiffTime (Coletta et al. 2023): the network was trained with the constraints' parameters (a mean, some values, peak
 * positions ...) as a conditioning input and is asked for series with new ones. Nothing makes them hold.
 *
 * The problem's denoiser is that conditional one; `parameters` go to it as `Metadata.continuous` [B, fields].
 */
export function diffTime({ parameters }: { readonly parameters: Tensor }): SeriesMethod {
  const condition: Metadata = { continuous: parameters };
  return {
    name: 'difftime',
    run: (problem, options) => runControls(problem, { ...options, condition }),
  };
}

/** `lower <= G x <= upper` in tensors, so that a training loss can hold it. */
export interface TensorRows {
  /** [D, m], transposed: one column a row. */
  readonly matrix: Tensor;
  /** [m] or [B, m]; -Infinity where there is none is written as a very low number. */
  readonly lower: Tensor;
  readonly upper: Tensor;
}

/** The sum of squared violations of linear constraints, averaged over the batch: x [B, ...] to a scalar, differentiable. */
export function rowPenalty(x: Tensor, { matrix, lower, upper }: TensorRows): Tensor {
  return tf.tidy(() => {
    const values = tf.matMul(tf.reshape(x, [x.shape[0], -1]), matrix);
    const above = tf.relu(tf.sub(values, upper));
    const below = tf.relu(tf.sub(lower, values));
    return tf.mean(tf.sum(tf.add(tf.square(above), tf.square(below)), 1));
  });
}

export interface LossDiffTimeOptions<Params, Condition> extends DenoisingLossOptions<Params, Condition> {
  /** Violation of the posterior mean [B, ...], a differentiable scalar such as `rowPenalty`. */
  readonly penalty: (x0: Tensor) => Tensor;
  /** Its weight rho, at least 0. */
  readonly weight: number;
}

/**
 * The training loss of Loss-DiffTime (Coletta et al. 2023): the denoising loss plus `rho` times the violation of the
 * posterior mean. The network has to be retrained for each set of constraints, and nothing makes them hold. As
 * `denoisingLoss`, it can be compiled of a `levelledBatch`.
 */
export function lossDiffTimeLoss<Params, Condition = unknown>(
  params: Params,
  batch: DenoisingBatch<Condition> | LevelledBatch<Condition>,
  { penalty, weight, ...options }: LossDiffTimeOptions<Params, Condition>,
): Tensor {
  if (!(weight >= 0))
    throw new LabError('argument', 'lossDiffTimeLoss: weight is a number from 0', {
      argument: 'weight',
      received: weight,
    });
  const { network, predicts } = options;
  return tf.tidy(() => {
    const levelled = 'alpha' in batch ? batch : levelledBatch(batch, options);
    const { x0, noise, alpha, sigma, time, condition } = levelled;
    const x = tf.add(tf.mul(alpha, x0), tf.mul(sigma, noise));
    const output = network.apply(params, x, time, condition);
    const mean = meanOf(predicts, { output, x, alpha, sigma });
    // Both terms look at one output: the network runs once.
    const loss = denoisingLoss(params, levelled, { ...options, network: { apply: () => output } });
    return tf.add(loss, tf.mul(weight, penalty(mean)));
  });
}

/** The posterior mean of a batch whose samples have levels of their own. */
function meanOf(
  predicts: 'epsilon' | 'sample' | 'v' | 'velocity',
  { output, x, alpha, sigma }: Record<'output' | 'x' | 'alpha' | 'sigma', Tensor>,
): Tensor {
  switch (predicts) {
    case 'sample':
      return output;
    case 'epsilon':
      return tf.div(tf.sub(x, tf.mul(sigma, output)), alpha);
    case 'v':
      return tf.div(
        tf.sub(tf.mul(alpha, x), tf.mul(sigma, output)),
        tf.add(tf.square(alpha), tf.square(sigma)),
      );
    case 'velocity':
      return tf.div(tf.sub(x, tf.mul(sigma, output)), tf.add(alpha, sigma));
  }
}
