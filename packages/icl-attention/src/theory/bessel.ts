import { checkDimension, checkNumber } from './checks';

export interface SphereOptions {
  /** Dimension d of the space that the sphere S^(d-1) lies in, from 2. */
  readonly dimension: number;
}

/**
 * The mean resultant length of the von Mises-Fisher law, A_d(w) = I_{d/2}(w) / I_{d/2-1}(w): how far attention of
 * inverse window w pulls a linear function to its mean (lambda_1 of section 4.2.1). Odd in w.
 *
 * @example
 * besselRatio(4, { dimension: 3 }); // coth 4 - 1/4 = 0.75067115
 */
export function besselRatio(w: number, { dimension }: SphereOptions): number {
  return funkHeckeEigenvalues(w, { dimension, degrees: 1 })[1]!;
}

/**
 * What attention of inverse window w does to spherical harmonics with infinite context (Funk-Hecke): those of degree l
 * are multiplied by lambda_l(w) = I_{d/2-1+l}(w) / I_{d/2-1}(w).
 *
 * Ratios of neighbouring Bessel functions come from their continued fraction, evaluated downwards, where it is stable;
 * nothing overflows.
 *
 * @returns lambda_0 = 1 to lambda_degrees
 */
export function funkHeckeEigenvalues(
  w: number,
  { dimension, degrees }: SphereOptions & { /** Highest degree. */ readonly degrees: number },
): Float64Array {
  checkDimension(dimension, 'funkHeckeEigenvalues');
  checkNumber(w, { argument: 'w', where: 'funkHeckeEigenvalues' });
  const lambda = new Float64Array(degrees + 1);
  lambda[0] = 1;
  const size = Math.abs(w);
  if (size === 0) return lambda;
  const order = dimension / 2 - 1;
  // The error of the start shrinks by exp(-terms^2 / w) on the way down.
  const terms = degrees + 200 + Math.ceil(7 * Math.sqrt(size));
  const last = order + terms;
  let ratio = size / (last + 0.5 + Math.hypot(size, last + 1.5));
  const ratios = new Float64Array(degrees);
  for (let k = terms; k >= 1; k--) {
    ratio = 1 / ((2 * (order + k)) / size + ratio);
    if (k <= degrees) ratios[k - 1] = ratio;
  }
  for (let l = 1; l <= degrees; l++) lambda[l] = lambda[l - 1]! * ratios[l - 1]! * Math.sign(w);
  return lambda;
}

/**
 * The logarithm of E exp(w u.x) over the unit sphere, Gamma(d/2) (2/w)^(d/2-1) I_{d/2-1}(w): a power series of positive
 * terms, or Hankel's expansion where w is large beside the order. Even in w.
 *
 * @example
 * Math.exp(logVmfNormalizer(2, { dimension: 3 })); // sinh 2 / 2 = 1.81343020
 */
export function logVmfNormalizer(w: number, { dimension }: SphereOptions): number {
  checkDimension(dimension, 'logVmfNormalizer');
  checkNumber(w, { argument: 'w', where: 'logVmfNormalizer' });
  const size = Math.abs(w);
  const order = dimension / 2 - 1;
  if (size > Math.max(40, 4 * order * order)) {
    const scale = order * Math.log(2 / size) - 0.5 * Math.log(2 * Math.PI * size);
    return size + scale + logGamma(dimension / 2) + Math.log(hankelSum(size, order));
  }
  const quarter = (size * size) / 4;
  let sum = 1;
  let term = 1;
  let log = 0;
  for (let k = 1; term > sum * 1e-18; k++) {
    term *= quarter / (k * (order + k));
    sum += term;
    if (sum > 1e200) {
      log += Math.log(sum);
      term /= sum;
      sum = 1;
    }
  }
  return log + Math.log(sum);
}

/** 1 - (4 v^2 - 1) / (8 w) + ..., to its smallest term. */
function hankelSum(w: number, order: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 60; k++) {
    const next = (-term * (4 * order * order - (2 * k - 1) ** 2)) / (8 * w * k);
    if (Math.abs(next) >= Math.abs(term) && k > order) break;
    term = next;
    sum += term;
    if (Math.abs(term) < 1e-17) break;
  }
  return sum;
}

/** log Gamma at the halves from 1/2 up: a finite product, exact to rounding. */
export function logGamma(x: number): number {
  let value = Number.isInteger(x) ? 0 : 0.5 * Math.log(Math.PI);
  for (let k = Number.isInteger(x) ? 1 : 0.5; k < x; k++) value += Math.log(k);
  return value;
}

/**
 * Ibar(2w) / Ibar(w)^2: with n context points, sum p_i^2 is this over n, so n over it is the effective sample size
 * (section 4.2.2).
 */
export function varianceFactor(w: number, options: SphereOptions): number {
  return Math.exp(logVmfNormalizer(2 * w, options) - 2 * logVmfNormalizer(w, options));
}
