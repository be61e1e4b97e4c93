import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { flatMean, spectrumOf, type Covariance, type CovarianceSpectrum } from '@lab/diffusion-core';
import { dot } from './rows';

export interface Component {
  readonly logWeight: number;
  readonly mean: Float64Array;
  readonly spectrum: CovarianceSpectrum;
}

/** Weights [K], means [K] and covariances ([K], or one number that all share) as components of one size. */
export function componentsOf(
  weights: ArrayLike<number>,
  means: readonly (ArrayLike<number> | Array64)[],
  covariances: readonly Covariance[] | number,
): Component[] {
  const total = Array.from(weights).reduce((sum, each) => sum + each, 0);
  const count = weights.length;
  if (count === 0 || !Array.from(weights).every((each) => each > 0 && Number.isFinite(each)))
    throw new LabError('argument', 'a mixture has at least one component, and positive weights', {
      argument: 'weights',
      received: Array.from(weights),
    });
  const shared = typeof covariances === 'number' ? undefined : covariances;
  if (means.length !== count || (shared && shared.length !== count))
    throw new LabError('shape', 'a mixture needs one mean and one covariance for each weight', {
      expected: count,
      received: { means: means.length, covariances: shared?.length },
    });
  const centres = means.map(flatMean);
  const size = centres[0]!.length;
  if (centres.some((centre) => centre.length !== size))
    throw new LabError('shape', 'the means of a mixture have one size', {
      received: centres.map((centre) => centre.length),
    });
  const common = shared ? undefined : spectrumOf(covariances as number, size);
  return centres.map((mean, k) => ({
    logWeight: Math.log(weights[k]! / total),
    mean,
    spectrum: common ?? spectrumOf(shared![k]!, size),
  }));
}

/** `V diag(gain(value)) V^T v`, with V and the values the eigen-directions and variances of a covariance. */
export function spectral(
  { values, vectors, size }: CovarianceSpectrum,
  v: Float64Array,
  gain: (value: number) => number,
): Float64Array {
  if (vectors === undefined) return v.map((each, i) => each * gain(values[i]!));
  const out = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let along = 0;
    for (let i = 0; i < size; i++) along += vectors[i * size + k]! * v[i]!;
    along *= gain(values[k]!);
    for (let i = 0; i < size; i++) out[i]! += vectors[i * size + k]! * along;
  }
  return out;
}

/** A mixture seen from one noisy state z at one level. */
export interface Local {
  /** [K] posterior shares of the components. */
  readonly shares: Float64Array;
  /** [K] gradients of the components' log densities, `-V_k^-1 (z - alpha mean_k)`. */
  readonly slopes: readonly Float64Array[];
  readonly logDensity: number;
  /** `V_k^-1 u` */
  readonly precision: (k: number, u: Float64Array) => Float64Array;
  /** tr V_k^-1 */
  readonly precisionTrace: (k: number) => number;
}

const logTwoPi = Math.log(2 * Math.PI);

export function localMixture(
  components: readonly Component[],
  z: Float64Array,
  { alpha, sigma }: { readonly alpha: number; readonly sigma: number },
): Local {
  const marginal = (value: number): number => alpha * alpha * value + sigma * sigma;
  const inverse = (value: number): number => 1 / marginal(value);
  const logs = new Float64Array(components.length);
  // Components that share a spectrum share its determinant.
  const determinants = new Map<CovarianceSpectrum, number>();
  const slopes = components.map(({ mean, spectrum, logWeight }, k) => {
    const offset = z.map((each, i) => alpha * mean[i]! - each);
    const slope = spectral(spectrum, offset, inverse);
    let logDeterminant = determinants.get(spectrum);
    if (logDeterminant === undefined) {
      logDeterminant = spectrum.values.reduce((sum, value) => sum + Math.log(marginal(value)), 0);
      determinants.set(spectrum, logDeterminant);
    }
    logs[k] = logWeight - 0.5 * (dot(slope, offset) + logDeterminant + z.length * logTwoPi);
    return slope;
  });
  const top = logs.reduce((most, each) => Math.max(most, each), -Infinity);
  const shares = logs.map((each) => Math.exp(each - top));
  const total = shares.reduce((sum, each) => sum + each, 0);
  return {
    shares: shares.map((each) => each / total),
    slopes,
    logDensity: top + Math.log(total),
    precision: (k, u) => spectral(components[k]!.spectrum, u, inverse),
    precisionTrace: (k) => components[k]!.spectrum.values.reduce((sum, value) => sum + inverse(value), 0),
  };
}

/** The score, `sum_k share_k slope_k`. */
export function localScore({ shares, slopes }: Local): Float64Array {
  const out = new Float64Array(slopes[0]!.length);
  slopes.forEach((slope, k) => {
    const share = shares[k]!;
    if (share === 0) return;
    for (let i = 0; i < out.length; i++) out[i]! += share * slope[i]!;
  });
  return out;
}

/** Hessian of the log density times u: `sum_k share_k (slope_k (slope_k . u) - V_k^-1 u) - s (s . u)`. */
export function localHessian(local: Local, score: Float64Array, u: Float64Array): Float64Array {
  const { shares, slopes, precision } = local;
  const along = dot(score, u);
  const out = score.map((each) => -each * along);
  slopes.forEach((slope, k) => {
    const share = shares[k]!;
    if (share < 1e-300) return;
    const inner = dot(slope, u);
    const flat = precision(k, u);
    for (let i = 0; i < out.length; i++) out[i]! += share * (slope[i]! * inner - flat[i]!);
  });
  return out;
}
