import { LabError } from '@lab/tensor-core/errors';
import { assertFinite } from './project-out';

/** A matrix G [count, size] that is known by its products alone. */
export interface RowOperator {
  readonly count: number;
  readonly size: number;
  /** G v [count] */
  times(v: Float64Array): Float64Array | Promise<Float64Array>;
  /** G^T u [size] */
  transposeTimes(u: Float64Array): Float64Array | Promise<Float64Array>;
}

export interface MatrixFreeOptions {
  /** Stops when |G perp| is this times |G theta|. @default 1e-6 */
  readonly tolerance?: number | undefined;
  /** @default twice the number of rows, at least 20 */
  readonly maxIterations?: number | undefined;
}

export interface MatrixFreeResult {
  readonly perp: Float64Array;
  readonly iterations: number;
  /** |G perp| / |G theta| as it was reached. */
  readonly residual: number;
}

/**
 * The component of `theta` orthogonal to the rows of G without storing them: conjugate gradients on the least-squares
 * problem min |theta - G^T c| (CGLS). Memory: four vectors of parameters, three of rows. Each iteration takes one
 * product with G and one with G^T. Dependent rows do no harm: the iterates stay in the row space. In single-precision
 * products the residual stalls near 1e-6; the best iterate is given, with its residual.
 *
 * Source: Hestenes and Stiefel 1952, section 10; Bjorck, "Numerical Methods for Least Squares Problems", algorithm 7.4.1.
 *
 * @throws LabError `numeric` when a product is not finite
 */
export async function projectOutMatrixFree(
  theta: Float64Array,
  operator: RowOperator,
  { tolerance = 1e-6, maxIterations = Math.max(20, 2 * operator.count) }: MatrixFreeOptions = {},
): Promise<MatrixFreeResult> {
  assertFinite(theta, 'theta');
  const perp = theta.slice();
  let s = Float64Array.from(await operator.times(perp));
  let gamma = dot(s, s);
  const first = Math.sqrt(gamma);
  if (first === 0) return { perp, iterations: 0, residual: 0 };
  let best = { perp: perp.slice(), residual: 1 };
  const p = s.slice();
  let iterations = 0;
  while (iterations < maxIterations && best.residual > tolerance) {
    const q = await operator.transposeTimes(p);
    const curvature = dot(q, q);
    if (!Number.isFinite(curvature))
      throw new LabError('numeric', 'projectOutMatrixFree: a product with the gradients is not finite', {
        argument: 'operator',
      });
    if (curvature === 0) break;
    const alpha = gamma / curvature;
    for (let k = 0; k < perp.length; k++) perp[k]! -= alpha * q[k]!;
    s = Float64Array.from(await operator.times(perp));
    const next = dot(s, s);
    iterations += 1;
    const residual = Math.sqrt(next) / first;
    if (residual < best.residual) best = { perp: perp.slice(), residual };
    if (next === 0) break;
    const beta = next / gamma;
    for (let i = 0; i < p.length; i++) p[i] = s[i]! + beta * p[i]!;
    gamma = next;
  }
  return { ...best, iterations };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
