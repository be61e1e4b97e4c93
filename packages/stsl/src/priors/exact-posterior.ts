import { LabError } from '@lab/tensor-core/errors';
import { fromRows, logdet, matmul, solve, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { mixturePrior, type MixturePrior } from './mixture-prior';
import { spectral, localMixture, type Component } from './mixture-components';
import { apply, applyTransposed, dot, rowsOf } from './rows';

/** A linear measurement `y = matrix z + n`, n ~ N(0, deviation^2 I). */
export interface LinearMeasurement {
  /** [m, d] */
  readonly matrix: Array64;
  /** [m] */
  readonly y: Float64Array;
  /** Standard deviation of the noise, positive. */
  readonly deviation: number;
}

export interface ExactPosterior {
  /** The law of the clean latent given the measurement, again a mixture: draw from it, or denoise with it. */
  readonly law: MixturePrior;
  /** [d] its mean: the estimate of least mean squared error. */
  readonly mean: Float64Array;
  /** [K] */
  readonly weights: Float64Array;
  /** log p(y) */
  readonly logEvidence: number;
}

/** log N(y; centre, deviation^2 I + matrix covariance matrix^T), and what moves the mean: [d] covariance matrix^T S^-1 (y - centre). */
function observe(
  { matrix, y, deviation }: LinearMeasurement,
  mean: Float64Array,
  covarianceTimes: (v: Float64Array) => Float64Array,
): { logLikelihood: number; shift: Float64Array; gain: Array64; cross: Array64 } {
  const [m, d] = matrix.shape as [number, number];
  const rows = rowsOf(matrix, d);
  const cross = fromRows(rows.map(covarianceTimes)); // [m, d] matrix covariance
  const total = matmul(cross, transpose(matrix));
  for (let i = 0; i < m; i++) total.data[i * m + i]! += deviation ** 2;
  const predicted = apply(matrix, mean);
  const residual = y.map((value, i) => value - predicted[i]!);
  const weighted = solve(total, { shape: [m], data: residual }).data;
  const logLikelihood = -0.5 * (dot(residual, weighted) + logdet(total).logAbs + m * Math.log(2 * Math.PI));
  return {
    logLikelihood,
    shift: applyTransposed(cross, weighted),
    gain: solve(total, cross),
    cross,
  };
}

function assertMeasurement({ matrix, y, deviation }: LinearMeasurement, size: number): void {
  const [m, d] = matrix.shape;
  if (matrix.shape.length !== 2 || d !== size || y.length !== m)
    throw new LabError('shape', 'a linear measurement has a matrix [m, d] and m numbers', {
      expected: [m, size],
      received: { matrix: matrix.shape, y: y.length },
    });
  if (!(deviation > 0))
    throw new LabError('argument', 'the exact laws need noise of positive deviation', {
      argument: 'deviation',
      received: deviation,
    });
}

function normalised(logs: readonly number[]): { weights: Float64Array; logSum: number } {
  const top = Math.max(...logs);
  const raw = logs.map((each) => Math.exp(each - top));
  const total = raw.reduce((sum, each) => sum + each, 0);
  return { weights: Float64Array.from(raw, (each) => each / total), logSum: top + Math.log(total) };
}

/**
 * The law of the clean latent given a linear measurement of it: each component is conditioned (mean + K (y - A mean),
 * (I - K A) S) and weighted by how likely it made y.
 *
 * @throws LabError `shape` or `argument`
 */
export function exactPosterior(prior: MixturePrior, measurement: LinearMeasurement): ExactPosterior {
  const { size, schedule } = prior;
  assertMeasurement(measurement, size);
  const parts = prior.components.map(({ mean, spectrum, logWeight }) => {
    const { logLikelihood, shift, gain, cross } = observe(measurement, mean, (v) =>
      spectral(spectrum, v, (value) => value),
    );
    const removed = matmul(transpose(cross), gain);
    const covariance = fromRows(
      Array.from({ length: size }, (_, i) => {
        const unit = new Float64Array(size);
        unit[i] = 1;
        return spectral(spectrum, unit, (value) => value);
      }),
    ).data.map((value, at) => value - removed.data[at]!);
    // Rounding leaves the two triangles apart in the last bits.
    const symmetric = covariance.map(
      (value, at) => 0.5 * (value + covariance[(at % size) * size + Math.floor(at / size)]!),
    );
    return {
      log: logWeight + logLikelihood,
      mean: mean.map((value, i) => value + shift[i]!),
      covariance: { shape: [size, size], data: symmetric },
    };
  });
  const { weights, logSum } = normalised(parts.map(({ log }) => log));
  const mean = new Float64Array(size);
  parts.forEach((part, k) => part.mean.forEach((value, i) => (mean[i]! += weights[k]! * value)));
  // A component that the measurement rules out would have weight 0, which no mixture has.
  const kept = [...weights.keys()].filter((k) => weights[k]! > 1e-300);
  const law = mixturePrior({
    weights: kept.map((k) => weights[k]!),
    means: kept.map((k) => parts[k]!.mean),
    covariances: kept.map((k) => parts[k]!.covariance),
    schedule,
  });
  return { law, mean, weights, logEvidence: logSum };
}

/**
 * The estimate of least mean squared error alone, for mixtures of many components with one covariance: one factorisation
 * for all.
 */
export function exactMean(prior: MixturePrior, measurement: LinearMeasurement): Float64Array {
  const { components, size } = prior;
  assertMeasurement(measurement, size);
  const { spectrum } = components[0]!;
  if (components.some((each) => each.spectrum !== spectrum)) return exactPosterior(prior, measurement).mean;
  const { matrix, y, deviation } = measurement;
  const m = matrix.shape[0]!;
  const cross = fromRows(rowsOf(matrix, size).map((row) => spectral(spectrum, row, (value) => value)));
  const total = matmul(cross, transpose(matrix));
  for (let i = 0; i < m; i++) total.data[i * m + i]! += deviation ** 2;
  const residuals = components.map(({ mean }) => {
    const predicted = apply(matrix, mean);
    return y.map((value, i) => value - predicted[i]!);
  });
  const weighted = solve(total, transpose(fromRows(residuals)));
  const columns = rowsOf(transpose(weighted), m);
  const { weights } = normalised(
    components.map(({ logWeight }, k) => logWeight - 0.5 * dot(residuals[k]!, columns[k]!)),
  );
  const out = new Float64Array(size);
  components.forEach(({ mean }, k) => {
    if (weights[k]! < 1e-300) return;
    const shift = applyTransposed(cross, columns[k]!);
    for (let i = 0; i < size; i++) out[i]! += weights[k]! * (mean[i]! + shift[i]!);
  });
  return out;
}

/** The components' posteriors of the clean latent given z: shares, means, and covariances as functions. */
export function posteriorComponents(prior: MixturePrior, z: Float64Array, t: number) {
  const level = { alpha: prior.schedule.alpha(t), sigma: prior.schedule.sigma(t) };
  const { alpha, sigma } = level;
  const { shares, slopes } = localMixture(prior.components, z, { ...level, all: true });
  const d = prior.size;
  return prior.components.map(({ mean, spectrum }: Component, k) => {
    const pull = spectral(spectrum, slopes.subarray(k * d, (k + 1) * d), (value) => -alpha * value);
    const variance = (value: number): number => (value * sigma ** 2) / (alpha ** 2 * value + sigma ** 2);
    return {
      share: shares[k]!,
      mean: mean.map((value, i) => value + pull[i]!),
      covarianceTimes: (v: Float64Array) => spectral(spectrum, v, variance),
      trace: spectrum.values.reduce((sum, value) => sum + variance(value), 0),
    };
  });
}

/** log p(y | z_t = z), exact: the guidance that every approximation is measured against. */
export function logLikelihood(
  prior: MixturePrior,
  z: Float64Array,
  { t, ...measurement }: LinearMeasurement & { readonly t: number },
): number {
  assertMeasurement(measurement, prior.size);
  const logs = posteriorComponents(prior, z, t).map(
    ({ share, mean, covarianceTimes }) =>
      Math.log(share) + observe(measurement, mean, covarianceTimes).logLikelihood,
  );
  return normalised(logs).logSum;
}

/** grad_z log p(y | z_t = z), exact: the ideal guidance. */
export function likelihoodScore(
  prior: MixturePrior,
  z: Float64Array,
  { t, ...measurement }: LinearMeasurement & { readonly t: number },
): Float64Array {
  assertMeasurement(measurement, prior.size);
  const level = { alpha: prior.schedule.alpha(t), sigma: prior.schedule.sigma(t) };
  const { slopes } = localMixture(prior.components, z, { ...level, all: true });
  const d = prior.size;
  const parts = posteriorComponents(prior, z, t).map(({ share, mean, covarianceTimes }, k) => {
    const { logLikelihood: log, shift } = observe(measurement, mean, covarianceTimes);
    // A component's posterior mean has the Jacobian (alpha / sigma^2) covariance.
    const own = slopes.subarray(k * d, (k + 1) * d);
    const slope = own.map((value, i) => value + (level.alpha / level.sigma ** 2) * shift[i]!);
    return { share, log: Math.log(share) + log, slope, own };
  });
  const { weights } = normalised(parts.map(({ log }) => log));
  const out = new Float64Array(prior.size);
  parts.forEach(({ share, slope, own }, k) => {
    for (let i = 0; i < out.length; i++) out[i]! += weights[k]! * slope[i]! - share * own[i]!;
  });
  return out;
}
