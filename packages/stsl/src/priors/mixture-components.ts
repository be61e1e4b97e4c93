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

/** A mixture seen from one noisy state z at one level. Components of a negligible share are left out. */
export interface Local {
  /** [A] which components are not negligible. */
  readonly active: readonly number[];
  /** [A] their posterior shares. */
  readonly shares: Float64Array;
  /** [A, d] the gradients of their log densities, `-V_k^-1 (z - alpha mean_k)`. */
  readonly slopes: Float64Array;
  readonly logDensity: number;
  /** `sum_k share_k V_k^-1 u` */
  readonly meanPrecision: (u: Float64Array) => Float64Array;
  /** `sum_k share_k tr V_k^-1` */
  readonly precisionTrace: () => number;
}

const logTwoPi = Math.log(2 * Math.PI);
/** Shares below this change no sum of doubles. */
const negligible = 1e-18;

export interface LocalOptions {
  readonly alpha: number;
  readonly sigma: number;
  /** Keeps components of any share. @default false */
  readonly all?: boolean;
}

export function localMixture(
  components: readonly Component[],
  z: Float64Array,
  { alpha, sigma, all = false }: LocalOptions,
): Local {
  const d = z.length;
  const inverse = (value: number): number => 1 / (alpha * alpha * value + sigma * sigma);
  const { spectrum: first } = components[0]!;
  const isShared = components.every(({ spectrum }) => spectrum === first);
  const inverses = new Map<CovarianceSpectrum, Float64Array>();
  const inversesOf = (spectrum: CovarianceSpectrum): Float64Array => {
    let found = inverses.get(spectrum);
    if (!found) inverses.set(spectrum, (found = spectrum.values.map(inverse)));
    return found;
  };
  const slopeInto = (k: number, out: Float64Array, at: number): number => {
    const { mean, spectrum } = components[k]!;
    let squared = 0;
    if (spectrum.vectors) {
      const offset = z.map((each, i) => alpha * mean[i]! - each);
      const slope = spectral(spectrum, offset, inverse);
      out.set(slope, at);
      return dot(slope, offset);
    }
    const gains = inversesOf(spectrum);
    for (let i = 0; i < d; i++) {
      const offset = alpha * mean[i]! - z[i]!;
      const slope = gains[i]! * offset;
      out[at + i] = slope;
      squared += slope * offset;
    }
    return squared;
  };
  const determinant = (spectrum: CovarianceSpectrum): number =>
    -inversesOf(spectrum).reduce((sum, value) => sum + Math.log(value), 0);
  const common = isShared ? determinant(first) : 0;
  const every = new Float64Array(components.length * d);
  const logs = Float64Array.from(components, ({ logWeight, spectrum }, k) => {
    const squared = slopeInto(k, every, k * d);
    return logWeight - 0.5 * (squared + (isShared ? common : determinant(spectrum)) + d * logTwoPi);
  });
  const top = logs.reduce((most, each) => Math.max(most, each), -Infinity);
  const raw = logs.map((each) => Math.exp(each - top));
  const total = raw.reduce((sum, each) => sum + each, 0);
  const active: number[] = [];
  raw.forEach((each, k) => {
    if (all || each > negligible * total) active.push(k);
  });
  const slopes = active.length === components.length ? every : new Float64Array(active.length * d);
  if (slopes !== every) active.forEach((k, a) => slopes.set(every.subarray(k * d, (k + 1) * d), a * d));
  const shares = Float64Array.from(active, (k) => raw[k]! / total);
  return {
    active,
    shares,
    slopes,
    logDensity: top + Math.log(total),
    meanPrecision(u) {
      if (isShared) return spectral(first, u, inverse);
      const out = new Float64Array(d);
      active.forEach((k, a) => {
        spectral(components[k]!.spectrum, u, inverse).forEach((value, i) => (out[i]! += shares[a]! * value));
      });
      return out;
    },
    precisionTrace: () =>
      active.reduce(
        (sum, k, a) =>
          sum + shares[a]! * inversesOf(components[k]!.spectrum).reduce((trace, value) => trace + value, 0),
        0,
      ),
  };
}

/** The score, `sum_k share_k slope_k`. */
export function localScore({ shares, slopes }: Local): Float64Array {
  const d = slopes.length / shares.length;
  const out = new Float64Array(d);
  for (let a = 0; a < shares.length; a++)
    for (let i = 0; i < d; i++) out[i]! += shares[a]! * slopes[a * d + i]!;
  return out;
}

/** Hessian of the log density times u: `sum_k share_k (slope_k (slope_k . u) - V_k^-1 u) - s (s . u)`. */
export function localHessian(local: Local, score: Float64Array, u: Float64Array): Float64Array {
  const { shares, slopes, meanPrecision } = local;
  const d = u.length;
  const along = dot(score, u);
  const flat = meanPrecision(u);
  const out = score.map((each, i) => -each * along - flat[i]!);
  for (let a = 0; a < shares.length; a++) {
    let inner = 0;
    for (let i = 0; i < d; i++) inner += slopes[a * d + i]! * u[i]!;
    inner *= shares[a]!;
    for (let i = 0; i < d; i++) out[i]! += inner * slopes[a * d + i]!;
  }
  return out;
}
