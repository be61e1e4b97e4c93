import { LabError } from '@lab/tensor-core/errors';
import { fromRows, matmul, solve, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { normal64, key } from '@lab/tensor-core/random';
import type { LinearAutoencoder } from '../autoencoders';
import type { MixturePrior, MixtureState } from '../priors';
import { spectralNorm } from '../priors/likelihood-bounds';
import { apply, applyTransposed, dot, fromExamples, rowsOf } from '../priors/rows';
import { meanInverse } from './photon-counts';
import type { GuidanceTerms, InverseProblem } from './types';

export interface LinearProblemOptions {
  readonly prior: MixturePrior;
  /** A, [m, p]. */
  readonly matrix: Array64;
  /** [B, m] */
  readonly y: Array64;
  /** Latents to images of p numbers. */
  readonly autoencoder: Pick<LinearAutoencoder, 'basis' | 'mean' | 'scale'>;
  /** The image that the encoder starts from, [B, p]; A^T y unless given. */
  readonly startImages?: Array64;
}

/** A problem whose every part is a closed form, with what exact answers need of it. */
export interface LinearProblem extends InverseProblem<Array64> {
  /** A D as a matrix, [m, d]. */
  readonly latentMatrix: Array64;
  /** [B, m] y less A of the decoder's offset: `latentMatrix z + noise`. */
  readonly latentMeasurement: Array64;
}

/**
 * A linear measurement of latents with an exact prior, in float64.
 *
 * @throws LabError `shape` when matrix, measurement and autoencoder do not fit
 */
export function linearProblem({
  prior,
  matrix,
  y,
  autoencoder,
  startImages,
}: LinearProblemOptions): LinearProblem {
  const { basis, mean, scale } = autoencoder;
  const [m, p] = matrix.shape as [number, number];
  const d = basis.shape[1]!;
  if (basis.shape[0] !== p || prior.size !== d || y.shape[1] !== m)
    throw new LabError(
      'shape',
      'linearProblem: matrix [m, p], y [B, m], basis [p, d] and a prior of size d',
      {
        received: { matrix: matrix.shape, y: y.shape, basis: basis.shape, prior: prior.size },
      },
    );
  if (!y.data.every(Number.isFinite))
    throw new LabError('numeric', 'linearProblem: the measurement is not finite', { argument: 'y' });
  const product = matmul(matrix, basis);
  const latentMatrix = { shape: [m, d], data: product.data.map((value) => value * scale) };
  const offset = apply(matrix, mean);
  const batch = y.shape[0]!;
  const targets = rowsOf(y, m).map((row) => row.map((value, i) => value - offset[i]!));
  const { schedule } = prior;
  const shape = [batch, d];
  const residualsAt = (x0: Array64): Float64Array[] =>
    rowsOf(x0, d).map((row, b) => {
      const predicted = apply(latentMatrix, row);
      return targets[b]!.map((value, i) => value - predicted[i]!);
    });
  const encode = (image: Float64Array): Float64Array =>
    applyTransposed(
      basis,
      image.map((value, i) => (value - mean[i]!) / scale),
    );
  let gram: Array64 | undefined;

  const rows = rowsOf(y, m);
  const cotangent = (
    r: Float64Array,
    { data, gluing }: GuidanceTerms<Array64>,
    measured: Float64Array,
  ): Float64Array => {
    const out = new Float64Array(d);
    const squared = dot(r, r);
    if (data && data.weight !== 0 && squared > (data.slack ?? 0)) {
      const weight = data.form === 'poisson' ? data.weight * meanInverse(measured) : data.weight;
      const factor = data.form === 'squared' ? -2 * weight : -weight / (Math.sqrt(squared) + 1e-12);
      applyTransposed(latentMatrix, r).forEach((value, i) => (out[i]! += factor * value));
    }
    // With orthonormal columns, x0 - E(A^T y + (I - A^T A) D(x0)) = -(A D)^T r / scale^2; E(D(x0)) = x0 makes the other 0.
    if (gluing?.kind === 'measurement' && gluing.weight !== 0) {
      const glue = applyTransposed(latentMatrix, r).map((value) => -value / scale ** 2);
      const size = Math.sqrt(dot(glue, glue)) + 1e-12;
      const back = applyTransposed(latentMatrix, apply(latentMatrix, glue));
      back.forEach((value, i) => (out[i]! += (gluing.weight * value) / (scale ** 2 * size)));
    }
    return out;
  };
  /** J^T u, J = (I + sigma^2 H) / alpha. */
  const pull = (here: MixtureState, t: number, u: Array64): Array64 => {
    const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
    const curved = here.hessianProduct(u).data;
    return { shape: u.shape, data: u.data.map((value, i) => (value + sigma ** 2 * curved[i]!) / alpha) };
  };

  return {
    denoiser: prior,
    schedule,
    shape,
    measured: m,
    latentMatrix,
    latentMeasurement: fromExamples(targets, [batch, m]),
    start() {
      const images = startImages
        ? rowsOf(startImages, p)
        : rowsOf(y, m).map((row) => applyTransposed(matrix, row));
      return fromExamples(images.map(encode), shape);
    },
    gradient(z, terms, { t }) {
      const here = prior.at(z, t);
      const noise = { shape: z.shape, data: here.score.data.map((value) => -schedule.sigma(t) * value) };
      const rests = residualsAt(here.mean);
      const u = fromExamples(
        rests.map((r, b) => cotangent(r, terms, rows[b]!)),
        z.shape,
      );
      const gradient = terms.detachScore
        ? { shape: u.shape, data: u.data.map((value) => value / schedule.alpha(t)) }
        : pull(here, t, u);
      if (terms.curvature) {
        const { weight, probe, scale: c, overResidual = false } = terms.curvature;
        const weights = rests.map((r) => weight / (overResidual ? Math.sqrt(dot(r, r)) + 1e-12 : 1));
        const moved = { shape: z.shape, data: z.data.map((value, i) => value + c * probe.data[i]!) };
        const ahead = prior.hessianProduct(moved, t, probe).data;
        const still = here.hessianProduct(probe).data;
        gradient.data.forEach(
          (_, i) => (gradient.data[i]! += (weights[Math.floor(i / d)]! / c) * (ahead[i]! - still[i]!)),
        );
      }
      return Promise.resolve({ gradient, noise, residuals: Float64Array.from(rests, (r) => dot(r, r)) });
    },
    squaredNorm(iterations) {
      if (iterations === Infinity) return Promise.resolve(spectralNorm(latentMatrix) ** 2);
      let v = normal64(key(0), d);
      let size = 0;
      for (let i = 0; i < iterations; i++) {
        const next = applyTransposed(latentMatrix, apply(latentMatrix, v));
        size = Math.sqrt(dot(next, next) / dot(v, v));
        v = next.map((value) => value / (size * Math.sqrt(dot(v, v)) || 1));
      }
      return Promise.resolve(size);
    },
    proximal(x0, strength) {
      gram ??= matmul(matrix, transpose(matrix));
      const total = {
        shape: gram.shape,
        data: gram.data.map((value, at) => value + (at % (m + 1) === 0 ? strength : 0)),
      };
      const weighted = solve(total, transpose(fromRows(residualsAt(x0))));
      const columns = rowsOf(transpose(weighted), m);
      const rows = rowsOf(x0, d).map((row, b) => {
        const shift = applyTransposed(latentMatrix, columns[b]!);
        return row.map((value, i) => value + shift[i]! / scale ** 2);
      });
      return Promise.resolve(fromExamples(rows, x0.shape));
    },
    momentMatched(z, { t, deviation }) {
      const here = prior.at(z, t);
      const rests = residualsAt(here.mean);
      const covariances = prior.posteriorCovariance(z, t).data;
      const u = rests.map((r, b) => {
        const c = { shape: [d, d], data: covariances.slice(b * d * d, (b + 1) * d * d) };
        const total = matmul(matmul(latentMatrix, c), transpose(latentMatrix));
        for (let i = 0; i < m; i++) total.data[i * m + i]! += deviation ** 2;
        return applyTransposed(latentMatrix, solve(total, { shape: [m], data: r }).data);
      });
      return Promise.resolve(pull(here, t, fromExamples(u, z.shape)));
    },
  };
}
