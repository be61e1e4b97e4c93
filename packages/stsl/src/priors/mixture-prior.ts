import { LabError } from '@lab/tensor-core/errors';
import { identity, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal64, uniform64, type Key } from '@lab/tensor-core/random';
import { float64Space, type Covariance, type Denoiser, type Schedule } from '@lab/diffusion-core';
import {
  componentsOf,
  localHessian,
  localMixture,
  localScore,
  spectral,
  type Component,
  type Local,
} from './mixture-components';
import { dot, fromExamples, rowsOf } from './rows';

export interface MixturePriorOptions {
  /** [K] positive; scaled to sum to 1. */
  readonly weights: ArrayLike<number>;
  /** [K] means of one example, flat or of its shape. */
  readonly means: readonly (ArrayLike<number> | Array64)[];
  /** [K] covariances, or one variance for all entries of all components. */
  readonly covariances: readonly Covariance[] | number;
  readonly schedule: Schedule;
}

/** What a mixture knows at one noisy state. */
export interface MixtureState {
  /** E[x_0 | z] */
  readonly mean: Array64;
  /** grad log p_t(z) */
  readonly score: Array64;
  /** The Hessian of log p_t at z times u. */
  hessianProduct(u: Array64): Array64;
}

/** A Gaussian mixture over clean latents of which everything is known exactly, in float64. */
export interface MixturePrior extends Denoiser<Array64> {
  readonly schedule: Schedule;
  /** Entries of one example. */
  readonly size: number;
  readonly components: readonly Component[];
  /** All that is known at one state, from one pass over the components. */
  at(z: Array64, t: number): MixtureState;
  /** [B] log p_t(z). */
  logDensity(z: Array64, t: number): Float64Array;
  /** grad log p_t(z), of z's shape. */
  score(z: Array64, t: number): Array64;
  /** The Hessian of log p_t at z times u, for each example; of z's shape. */
  hessianProduct(z: Array64, t: number, u: Array64): Array64;
  /** [B] Trace of that Hessian. */
  laplacian(z: Array64, t: number): Float64Array;
  /** [B, d, d] Hessian of log p_t. */
  hessian(z: Array64, t: number): Array64;
  /** [B, d, d] covariance of the clean latent given z: Tweedie's second formula, `(sigma/alpha)^2 (I + sigma^2 H)`. */
  posteriorCovariance(z: Array64, t: number): Array64;
  /** [count, d] clean latents. */
  draw(key: Key, count: number): Array64;
}

/**
 * The exact denoiser of a Gaussian mixture together with its second-order quantities: score, Hessian, posterior
 * covariance. Products with the Hessian cost what a score costs.
 *
 * @throws LabError `argument` or `shape` for weights, means and covariances that are no mixture
 * @example
 * mixturePrior({ weights: [0.3, 0.7], means: [[-1], [2]], covariances: 0.25, schedule: cosineSchedule() });
 */
export function mixturePrior({ weights, means, covariances, schedule }: MixturePriorOptions): MixturePrior {
  const components = componentsOf(weights, means, covariances);
  const size = components[0]!.mean.length;
  const levelAt = (t: number) => ({ alpha: schedule.alpha(t), sigma: schedule.sigma(t) });
  const locals = (z: Array64, t: number) =>
    rowsOf(z, size).map((row) => localMixture(components, row, levelAt(t)));
  const map = (z: Array64, fn: (b: number) => Float64Array): Array64 =>
    fromExamples(
      rowsOf(z, size).map((_, b) => fn(b)),
      z.shape,
    );
  const meanOf = (local: Local, row: Float64Array, t: number): Float64Array => {
    const { alpha, sigma } = levelAt(t);
    if (sigma === 0 && alpha === 1) return row.slice();
    if (alpha > 0.05) {
      const s = localScore(local);
      return row.map((each, i) => (each + sigma ** 2 * s[i]!) / alpha);
    }
    // Tweedie divides by alpha; the mean of the components' posterior means holds at alpha = 0 too.
    const out = new Float64Array(size);
    local.active.forEach((k, a) => {
      const { mean, spectrum } = components[k]!;
      const share = local.shares[a]!;
      const pull = spectral(
        spectrum,
        local.slopes.subarray(a * size, (a + 1) * size),
        (value) => -alpha * value,
      );
      for (let i = 0; i < size; i++) out[i]! += share * (mean[i]! + pull[i]!);
    });
    return out;
  };
  const at = (z: Array64, t: number): MixtureState => {
    const here = locals(z, t);
    const scores = here.map(localScore);
    const rows = rowsOf(z, size);
    return {
      mean: map(z, (b) => meanOf(here[b]!, rows[b]!, t)),
      score: fromExamples(scores, z.shape),
      hessianProduct(u) {
        const along = rowsOf(u, size);
        return map(z, (b) => localHessian(here[b]!, scores[b]!, along[b]!));
      },
    };
  };
  const hessian = (z: Array64, t: number): Array64 => {
    const units = identity(size).data;
    const data = locals(z, t).flatMap((local) => {
      const s = localScore(local);
      return Array.from({ length: size }, (_, i) =>
        Array.from(localHessian(local, s, units.subarray(i * size, (i + 1) * size))),
      ).flat();
    });
    return { shape: [z.shape[0]!, size, size], data: Float64Array.from(data) };
  };
  return {
    predicts: 'sample',
    space: float64Space,
    schedule,
    size,
    components,
    at,
    predict: (z, t) => at(z, t).mean,
    logDensity: (z, t) => Float64Array.from(locals(z, t), ({ logDensity }) => logDensity),
    score: (z, t) => at(z, t).score,
    hessianProduct: (z, t, u) => at(z, t).hessianProduct(u),
    hessian,
    laplacian: (z, t) =>
      Float64Array.from(locals(z, t), (local) => {
        const s = localScore(local);
        let sum = -dot(s, s) - local.precisionTrace();
        local.shares.forEach((share, a) => {
          const slope = local.slopes.subarray(a * size, (a + 1) * size);
          sum += share * dot(slope, slope);
        });
        return sum;
      }),
    posteriorCovariance(z, t) {
      const { alpha, sigma } = levelAt(t);
      if (alpha === 0)
        throw new LabError('unsupported', 'pure noise determines no posterior covariance through its score', {
          argument: 't',
          received: t,
        });
      const { shape, data } = hessian(z, t);
      const scale = (sigma / alpha) ** 2;
      return {
        shape,
        data: data.map((value, at) => {
          const within = at % (size * size);
          return scale * ((within % size === Math.floor(within / size) ? 1 : 0) + sigma * sigma * value);
        }),
      };
    },
    draw(key, count) {
      const picks = uniform64(foldIn(key, 0), count);
      const noise = normal64(foldIn(key, 1), [count, size]);
      const rows = Array.from(picks, (u, n) => {
        const { mean, spectrum } = components[pick(components, u)]!;
        const moved = spectral(spectrum, noise.subarray(n * size, (n + 1) * size), Math.sqrt);
        return moved.map((value, i) => value + mean[i]!);
      });
      return fromExamples(rows, [count, size]);
    },
  };
}

/** The component in whose share of [0, 1) the number falls. */
function pick(components: readonly Component[], u: number): number {
  let below = 0;
  for (let k = 0; k < components.length; k++) {
    below += Math.exp(components[k]!.logWeight);
    if (u < below) return k;
  }
  return components.length - 1;
}

export interface EmpiricalPriorOptions {
  /** [N, ...] clean latents. */
  readonly latents: Array64;
  /**
   * Standard deviation of the kernel at each latent. Towards 0 the prior memorises and its score grows spikes; about half
   * of the latents' own standard deviation is smooth.
   */
  readonly deviation: number;
  readonly schedule: Schedule;
}

/** The kernel density of a set of latents: a prior without training. */
export function empiricalPrior({ latents, deviation, schedule }: EmpiricalPriorOptions): MixturePrior {
  if (!(deviation > 0))
    throw new LabError('argument', 'empiricalPrior: deviation is positive', {
      argument: 'deviation',
      received: deviation,
    });
  const count = latents.shape[0]!;
  const means = rowsOf(latents, latents.data.length / count);
  return mixturePrior({
    weights: new Float64Array(count).fill(1),
    means,
    covariances: deviation ** 2,
    schedule,
  });
}
