import { projectAutocorrelation, type ShiftBasis } from './autocorrelation';

/** What one channel's mean, standard deviation and autocorrelation must be, in the units of x. */
export interface MomentTargets {
  readonly mean?: number | undefined;
  readonly std?: readonly [lower: number, upper: number] | undefined;
  readonly autocorrelation?:
    | { readonly lower: number; readonly upper: number; readonly lag: number; readonly basis: ShiftBasis }
    | undefined;
}

/**
 * Nearest series with these moments, in place. The mean is orthogonal to the rest. A correlation is a cone in the deviations, and
 * the nearest point of a cone on a sphere lies along the nearest point of the cone, so that scaling afterwards is exact.
 *
 * A constant series has no direction: it is given that of a half cosine (every direction is equally near).
 */
export function projectMoments(z: Float64Array, { mean, std, autocorrelation }: MomentTargets): void {
  const n = z.length;
  let centre = 0;
  for (const value of z) centre += value / n;
  const d = z.map((value) => value - centre);
  if (isConstant(d, centre)) d.fill(0);
  if (autocorrelation !== undefined) {
    const { lower, upper, lag, basis } = autocorrelation;
    const now = correlation(d, lag);
    // 0 / 0 for a constant series is neither below nor above: it is moved onto the nearer bound.
    if (!(now >= lower)) projectAutocorrelation(d, lower, basis);
    else if (now > upper) projectAutocorrelation(d, upper, basis);
  }
  if (std !== undefined) {
    let size = deviation(d);
    if (size === 0 && std[0] > 0) {
      for (let t = 0; t < n; t++) d[t] = Math.cos((Math.PI * (t + 0.5)) / n);
      size = deviation(d);
    }
    const wanted = Math.min(std[1], Math.max(std[0], size));
    if (wanted !== size) for (let t = 0; t < n; t++) d[t]! *= wanted / size;
  }
  let rest = 0;
  for (const value of d) rest += value / n;
  for (let t = 0; t < n; t++) z[t] = (mean ?? centre) + d[t]! - rest;
}

/** Deviations that are rounding of the mean and nothing else. */
function isConstant(d: Float64Array, centre: number): boolean {
  return d.every((value) => Math.abs(value) <= 1e-15 * Math.abs(centre));
}

function deviation(d: Float64Array): number {
  let square = 0;
  for (const value of d) square += value * value;
  return Math.sqrt(square / d.length);
}

function correlation(d: Float64Array, lag: number): number {
  let square = 0;
  let product = 0;
  for (let t = 0; t < d.length; t++) {
    square += d[t]! * d[t]!;
    if (t + lag < d.length) product += d[t]! * d[t + lag]!;
  }
  return product / square;
}
