import {
  fromRows,
  logdet,
  matmul,
  solve,
  symmetricEigen,
  transpose,
  type Array64,
} from '@lab/tensor-core/linalg64';
import { logLikelihood, type LinearMeasurement } from './exact-posterior';
import type { MixturePrior } from './mixture-prior';
import { apply, dot } from './rows';

/** What is said of log p(y | z_t) by each rule; `exact >= jensen >= surrogate` always. */
export interface LikelihoodBounds {
  readonly exact: number;
  /** E[log p(y | z_0) | z_t] */
  readonly jensen: number;
  /** The paper's lower bound: Jensen's, with tr(A C A^T) <= |A|^2 tr C. */
  readonly surrogate: number;
  /** log p(y | z_0 = posterior mean): no bound, and above the exact value where the posterior is wide. */
  readonly firstOrder: number;
  /** log N(y; A mean, deviation^2 I + A C A^T) */
  readonly momentMatched: number;
}

/**
 * The chain of bounds behind the surrogate loss (Theorem 4.4), each term exact for a mixture prior: with lambda = 1 / (2
 * deviation^2), mean and covariance C of the clean latent given z.
 */
export function likelihoodBounds(
  prior: MixturePrior,
  z: Float64Array,
  measurement: LinearMeasurement & { readonly t: number },
): LikelihoodBounds {
  const { matrix, y, deviation, t } = measurement;
  const [m, d] = matrix.shape as [number, number];
  const state: Array64 = { shape: [1, d], data: z };
  const mean = (prior.predict(state, t) as Array64).data;
  const covariance = { shape: [d, d], data: prior.posteriorCovariance(state, t).data };
  const predicted = apply(matrix, mean);
  const residual = y.map((value, i) => value - predicted[i]!);
  const spread = matmul(matmul(matrix, covariance), transpose(matrix));
  const trace = (square: Array64, n: number): number =>
    Array.from({ length: n }, (_, i) => square.data[i * n + i]!).reduce((sum, each) => sum + each, 0);
  const constant = -0.5 * m * Math.log(2 * Math.PI * deviation ** 2);
  const strength = 1 / (2 * deviation ** 2);
  const squared = dot(residual, residual);
  const total = fromRows(
    Array.from({ length: m }, (_, i) =>
      Array.from({ length: m }, (__, j) => spread.data[i * m + j]! + (i === j ? deviation ** 2 : 0)),
    ),
  );
  const weighted = solve(total, { shape: [m], data: residual }).data;
  return {
    exact: logLikelihood(prior, z, measurement),
    jensen: constant - strength * (squared + trace(spread, m)),
    surrogate: constant - strength * (squared + spectralNorm(matrix) ** 2 * trace(covariance, d)),
    firstOrder: constant - strength * squared,
    momentMatched: -0.5 * (dot(residual, weighted) + logdet(total).logAbs + m * Math.log(2 * Math.PI)),
  };
}

/** The largest singular value of a matrix. */
export function spectralNorm(matrix: Array64): number {
  const [m, d] = matrix.shape as [number, number];
  const gram = m < d ? matmul(matrix, transpose(matrix)) : matmul(transpose(matrix), matrix);
  return Math.sqrt(Math.max(0, ...symmetricEigen(gram).values));
}
