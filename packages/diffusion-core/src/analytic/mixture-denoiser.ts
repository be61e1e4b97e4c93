import type { Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { float64Space } from '../spaces/float64-space';
import type { Denoiser, Schedule, Space } from '../types';
import { spectralAlgebra } from './spectral-algebra';
import { posteriorMap } from './gaussian-denoiser';
import { flatMean, spectrumOf, type Covariance } from './spectrum';

export interface MixtureOptions<X> {
  /** [K] positive; scaled to sum to 1. */
  readonly weights: ArrayLike<number>;
  /** [K] means of one sample, flat or of the event's shape. */
  readonly means: readonly (ArrayLike<number> | Array64)[];
  /** [K] covariances, or one that all components share. */
  readonly covariances: readonly Covariance[] | number;
  readonly schedule: Schedule;
  /** `tensorSpace` for float32 tensors. @default float64Space */
  readonly space?: Space<X>;
}

/**
 * The exact denoiser of a Gaussian mixture: the components' posterior means, weighted by how likely each component is
 * to have produced x, `r_k ~ w_k N(x; alpha mean_k, alpha^2 S_k + sigma^2 I)`.
 *
 * @throws LabError `shape` when weights, means and covariances differ in number or size
 * @example
 * mixtureDenoiser({ weights: [1, 2], means: [[-3], [3]], covariances: 0.25, schedule: cosineSchedule() });
 */
export function mixtureDenoiser(options: MixtureOptions<Array64>): Denoiser<Array64>;
export function mixtureDenoiser(
  options: MixtureOptions<Tensor> & { readonly space: Space<Tensor> },
): Denoiser;
export function mixtureDenoiser<X>({
  weights,
  means,
  covariances,
  schedule,
  space = float64Space as unknown as Space<X>,
}: MixtureOptions<X>): Denoiser<X> {
  const algebra = spectralAlgebra(space);
  const logWeights = Array.from(weights, Math.log);
  if (logWeights.length === 0 || !logWeights.every(Number.isFinite))
    throw new LabError('argument', 'a mixture has at least one component, and positive weights', {
      argument: 'weights',
      received: Array.from(weights),
    });
  const count = logWeights.length;
  const shared = typeof covariances === 'number' ? means.map(() => covariances) : covariances;
  if (means.length !== count || shared.length !== count)
    throw new LabError('shape', 'a mixture needs one mean and one covariance for each weight', {
      expected: count,
      received: { means: means.length, covariances: shared.length },
    });
  const centres = means.map(flatMean);
  const size = centres[0]!.length;
  if (centres.some((centre) => centre.length !== size))
    throw new LabError('shape', 'the means of a mixture have one size', {
      received: centres.map((centre) => centre.length),
    });
  const components = centres.map((mean, k) => ({ mean, spectrum: spectrumOf(shared[k]!, size) }));

  return {
    predicts: 'sample',
    space,
    predict(x, t) {
      const level = { alpha: schedule.alpha(t), sigma: schedule.sigma(t) };
      const scratch: X[] = [];
      const keep = (state: X): X => {
        scratch.push(state);
        return state;
      };
      try {
        const values = components.map(({ mean, spectrum }) =>
          keep(algebra.apply(x, spectrum, posteriorMap(mean, spectrum, level))),
        );
        const offsets: number[] = [];
        const logits = components.map(({ mean, spectrum }, k) => {
          const marginal = spectrum.values.map((value) => level.alpha ** 2 * value + level.sigma ** 2);
          offsets.push(logWeights[k]! - 0.5 * marginal.reduce((sum, value) => sum + Math.log(value), 0));
          const centre = mean.map((value) => level.alpha * value);
          return keep(
            algebra.quadratic(x, spectrum, { centre, gains: marginal.map((value) => -0.5 / value) }),
          );
        });
        return algebra.average(logits, offsets, values);
      } finally {
        for (const state of scratch) space.dispose(state);
      }
    },
  };
}
