import type { Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { float64Space } from '../spaces/float64-space';
import type { Denoiser, Schedule, Space } from '../types';
import { spectralAlgebra, type SpectralMap } from './spectral-algebra';
import { flatMean, spectrumOf, type Covariance, type Spectrum } from './spectrum';

export interface GaussianOptions<X> {
  /** Mean of one sample, flat or of the event's shape. */
  readonly mean: ArrayLike<number> | Array64;
  /** One variance, one for each entry, or the full matrix over the flattened sample. */
  readonly covariance: Covariance;
  readonly schedule: Schedule;
  /** `tensorSpace` for float32 tensors. @default float64Space */
  readonly space?: Space<X>;
}

/** A denoiser that is exact, with what is known beyond its mean. */
export interface GaussianDenoiser<X> extends Denoiser<X> {
  /** [D] variances of x_0 given x_t along the covariance's eigen-directions (the same for every x_t). */
  posteriorVariances(t: number): Float64Array;
  /** Trace of the posterior covariance: the least mean squared error, summed over the entries, of any estimate of x_0. */
  posteriorTrace(t: number): number;
}

/**
 * The exact denoiser of data N(mean, covariance): for `x = alpha x_0 + sigma noise`,
 * `E[x_0 | x] = mean + alpha S (alpha^2 S + sigma^2 I)^-1 (x - alpha mean)`.
 *
 * It makes exact tests of solvers, controls and training, and takes states [B, ...] of any event shape with the right
 * number of entries. It holds no tensor.
 *
 * @example
 * const denoiser = gaussianDenoiser({ mean: [0, 0], covariance: [[1, 0.8], [0.8, 1]], schedule: cosineSchedule() });
 */
export function gaussianDenoiser(options: GaussianOptions<Array64>): GaussianDenoiser<Array64>;
export function gaussianDenoiser(
  options: GaussianOptions<Tensor> & { readonly space: Space<Tensor> },
): GaussianDenoiser<Tensor>;
export function gaussianDenoiser<X>({
  mean,
  covariance,
  schedule,
  space = float64Space as unknown as Space<X>,
}: GaussianOptions<X>): GaussianDenoiser<X> {
  const centre = flatMean(mean);
  const spectrum = spectrumOf(covariance, centre.length);
  const algebra = spectralAlgebra(space);
  const posteriorVariances = (t: number): Float64Array => {
    const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
    return spectrum.values.map((value) => variance(value, alpha, sigma));
  };
  return {
    predicts: 'sample',
    space,
    predict: (x, t) =>
      algebra.apply(
        x,
        spectrum,
        posteriorMap(centre, spectrum, { alpha: schedule.alpha(t), sigma: schedule.sigma(t) }),
      ),
    posteriorVariances,
    posteriorTrace: (t) => posteriorVariances(t).reduce((sum, value) => sum + value, 0),
  };
}

function variance(value: number, alpha: number, sigma: number): number {
  const total = alpha * alpha * value + sigma * sigma;
  return total === 0 ? 0 : (value * sigma * sigma) / total;
}

/** The affine map from x_t to E[x_0 | x_t] of one Gaussian. */
export function posteriorMap(
  mean: Float64Array,
  { values }: Spectrum,
  { alpha, sigma }: { alpha: number; sigma: number },
): SpectralMap {
  return {
    centre: mean.map((value) => alpha * value),
    gains: values.map((value) => {
      const total = alpha * alpha * value + sigma * sigma;
      return total === 0 ? 0 : (alpha * value) / total;
    }),
    shift: mean,
  };
}
