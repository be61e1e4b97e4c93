import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { LabError } from '@lab/tensor-core/errors';

/** C = (1/T) sum_t h_t h_t^T [r, r] of the first moments of tasks. */
export function taskDiversity(moments: readonly Float64Array[]): Array64 {
  if (moments.length === 0)
    throw new LabError('argument', 'taskDiversity: there are no moments', { argument: 'moments' });
  const r = moments[0]!.length;
  const rows = { shape: [moments.length, r], data: new Float64Array(moments.length * r) };
  moments.forEach((moment, t) => rows.data.set(moment, t * r));
  const gram = matmul(transpose(rows), rows);
  return { shape: [r, r], data: gram.data.map((value) => value / moments.length) };
}

/**
 * Population weights after both steps for odd tasks (4.2.1), exactly: (eta_a eta_w kappa^2 / 4) W M C M^T, inside the span
 * of M. Here with eta_a eta_w kappa^2 = 1.
 */
export function oddUpdate(weights: Array64, projection: Array64, diversity: Array64): Array64 {
  const update = matmul(matmul(matmul(weights, projection), diversity), transpose(projection));
  return { shape: update.shape, data: update.data.map((value) => value / 4) };
}

/** Balanced Boolean tasks, T to infinity (4.2.4): row j of W+ is this times the part of w_j in the span. */
export function balancedCoefficient(rank: number): number {
  return 1 / (2 * Math.PI) / (2 ** rank - 1);
}

/** Uniform Boolean tasks, T to infinity (4.2.5): only twice as much inside the span as outside. */
export function uniformCoefficients(rank: number): { readonly inside: number; readonly outside: number } {
  const outside = 2 ** -rank / (2 * Math.PI);
  return { inside: 2 * outside, outside };
}

/** (1 - energy) / energy of signLinear tasks with finite samples (4.2.6). */
export function predictedLeak(options: {
  readonly dimensions: number;
  readonly rank: number;
  readonly tasks: number;
  readonly headSamples: number;
  readonly gradientSamples: number;
}): number {
  const { dimensions: d, rank: r, tasks: t, headSamples: n1, gradientSamples: n2 } = options;
  return (Math.PI * r * d) / (n2 * t) + (Math.PI ** 2 * r * d ** 2) / (n1 * n2 * t);
}

/** Mean agreement of two points' labels over signLinear tasks at this angle in radians (4.2.2): 1 - 2 angle / pi. */
export function arcLaw(angle: number): number {
  return 1 - (2 * angle) / Math.PI;
}
