import { symmetricEigen } from '@lab/tensor-core/linalg64';

/** The eigenbasis of centred lag shifts: C M C with M the symmetrised shift by `lag`; shared by every correlation. */
export interface ShiftBasis {
  /** Eigenvalues without that of the constant vector, ascending [n - 1]. */
  readonly values: Float64Array;
  /** Matching eigenvectors, [n - 1, n] row-major. */
  readonly vectors: Float64Array;
}

/** Decomposes the centred symmetrised shift once for a length and lag. */
export function shiftBasis(length: number, lag: number): ShiftBasis {
  const n = length;
  const shift = new Float64Array(n * n);
  for (let t = 0; t + lag < n; t++) shift[t * n + t + lag] = shift[(t + lag) * n + t] = 0.5;
  const means = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) means[i]! += shift[i * n + j]! / n;
    total += means[i]! / n;
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) shift[i * n + j]! += total - means[i]! - means[j]!;
  // Moves the constant vector's eigenvalue, 0 here, out of the range of the others, so that it is the last one.
  for (let i = 0; i < n * n; i++) shift[i]! += 4 / n;
  const { values, vectors } = symmetricEigen({ shape: [n, n], data: shift });
  const rows = new Float64Array((n - 1) * n);
  for (let k = 0; k < n - 1; k++) for (let i = 0; i < n; i++) rows[k * n + i] = vectors.data[i * n + k]!;
  return { values: values.slice(0, n - 1), vectors: rows };
}

/**
 * The nearest vector d without mean whose lag autocorrelation is `value`, in place: d' Q d = 0 with Q = C (M - value I) C. With
 * b the coordinates of d in the eigenbasis and w its eigenvalues, the solution is b_i / (1 + nu w_i), where nu is the one zero of
 * sum w_i b_i^2 / (1 + nu w_i)^2 between -1 / w_max and -1 / w_min; that sum falls as nu rises.
 *
 * Where d has nothing along the extreme eigenvectors the sum may have no zero: then nu is at the end of the interval and the missing
 * part goes along the extreme eigenvector, as in trust-region problems. A constant series (d = 0) is pushed by 1e-3 along both.
 *
 * @returns nu
 */
export function projectAutocorrelation(
  d: Float64Array,
  value: number,
  { values, vectors }: ShiftBasis,
): number {
  const n = d.length;
  const m = n - 1;
  const w = values.map((eigenvalue) => eigenvalue - value);
  const b = new Float64Array(m);
  let square = 0;
  for (let k = 0; k < m; k++) {
    for (let i = 0; i < n; i++) b[k]! += vectors[k * n + i]! * d[i]!;
    square += b[k]! * b[k]!;
  }
  const low = w[0]!;
  const high = w[m - 1]!;
  if (square === 0) {
    b[0] = 1e-3 * Math.sqrt(high / (high - low));
    b[m - 1] = 1e-3 * Math.sqrt(-low / (high - low));
  }
  const excess = (nu: number): number => {
    let sum = 0;
    for (let k = 0; k < m; k++) sum += (w[k]! * b[k]! * b[k]!) / (1 + nu * w[k]!) ** 2;
    return sum;
  };
  let below = -1 / high;
  let above = -1 / low;
  let nu = 0;
  for (let round = 0; round < 200; round++) {
    const at = excess(nu);
    if (at === 0) break;
    if (at > 0) below = nu;
    else above = nu;
    const middle = (below + above) / 2;
    if (middle === below || middle === above) break;
    nu = middle;
  }
  for (let k = 0; k < m; k++) b[k]! /= 1 + nu * w[k]!;
  restoreQuadric(b, w);
  d.fill(0);
  for (let k = 0; k < m; k++) for (let i = 0; i < n; i++) d[i]! += b[k]! * vectors[k * n + i]!;
  return nu;
}

/** Takes what is missing of sum w b^2 = 0 to the extreme eigenvector that can supply it: rounding, or the whole of the hard case. */
function restoreQuadric(b: Float64Array, w: Float64Array): void {
  const m = b.length;
  let sum = 0;
  for (let k = 0; k < m; k++) sum += w[k]! * b[k]! * b[k]!;
  if (sum === 0) return;
  const end = sum < 0 ? m - 1 : 0;
  const wanted = b[end]! * b[end]! - sum / w[end]!;
  if (wanted >= 0) b[end] = Math.sqrt(wanted) * (b[end]! < 0 ? -1 : 1);
}
