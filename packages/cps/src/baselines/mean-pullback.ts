import { tf, vjp, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import {
  estimate,
  fromArray64,
  toArray64,
  toEstimate,
  type Denoiser,
  type Schedule,
} from '@lab/diffusion-core';

/** Where the posterior mean is differentiated. */
export interface PullbackPoint {
  /** The state [B, L, K]. */
  readonly x: Array64;
  readonly t: number;
  readonly condition: unknown;
}

/** `J^T v` with J the Jacobian of the posterior mean x0(x): what guidance needs of a model. [B, L, K] to [B, L, K]. */
export type MeanPullback = (cotangent: Array64, point: PullbackPoint) => Promise<Array64>;

/** For a network: backpropagation through it, in float32. */
export function networkPullback(denoiser: Denoiser, schedule: Schedule): MeanPullback {
  return async (cotangent, { x, t, condition }) => {
    const { predicts, space } = denoiser;
    const level = { alpha: schedule.alpha(t), sigma: schedule.sigma(t) };
    const mean = (state: Tensor): Tensor => {
      const prediction = denoiser.predict(state, t, condition);
      if (!('dataSync' in prediction))
        throw new LabError(
          'unsupported',
          'guidance differentiates the denoiser, whose predict must be synchronous',
        );
      return toEstimate(space, { predicts, prediction, x: state, ...level }).x0;
    };
    const [state, direction] = [fromArray64(x), fromArray64(cotangent)];
    let grads: Tensor | undefined;
    try {
      grads = tf.tidy(() => vjp(mean)(state, direction).grads);
      return await toArray64(grads);
    } finally {
      tf.dispose([state, direction]);
      grads?.dispose();
    }
  };
}

/**
 * For an exact denoiser: the Jacobian of a true posterior mean is the posterior covariance times alpha / sigma^2, so it
 * is symmetric, and `J^T v = J v` is a directional derivative. Exact up to rounding where x0 is affine in x (Gaussian
 * data), to second order elsewhere.
 */
export function exactPullback(denoiser: Denoiser<Array64>, schedule: Schedule): MeanPullback {
  return async (cotangent, { x, t, condition }) => {
    const longest = cotangent.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (longest === 0) return { shape: x.shape, data: new Float64Array(x.data.length) };
    const h = 1e-3 / longest;
    const meanAt = async (factor: number): Promise<Float64Array> => {
      const moved = { shape: x.shape, data: x.data.map((value, i) => value + factor * cotangent.data[i]!) };
      return (await estimate(denoiser, moved, { t, schedule, condition })).x0.data;
    };
    const [ahead, behind] = [await meanAt(h), await meanAt(-h)];
    return { shape: x.shape, data: ahead.map((value, i) => (value - behind[i]!) / (2 * h)) };
  };
}
