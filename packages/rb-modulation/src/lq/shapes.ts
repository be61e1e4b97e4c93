import { LabError } from '@lab/tensor-core/errors';
import { matmul, pinv, solve, svd, transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** A linear style `A x` of states of d numbers. */
export interface LinearStyle {
  /** A [k, d]. */
  readonly matrix: Array64;
  /** y [k], the reference's style. */
  readonly style: ArrayLike<number>;
}

export const vector = (values: ArrayLike<number>): Array64 => ({
  shape: [values.length],
  data: Float64Array.from(values),
});

/** @throws LabError `shape` unless A [k, d], x [d] and y [k] fit */
export function assertStyle(x: ArrayLike<number>, { matrix, style }: LinearStyle): void {
  const [rows = 0, columns = 0] = matrix.shape;
  if (matrix.shape.length !== 2 || columns !== x.length || rows !== style.length)
    throw new LabError('shape', 'a linear style is A [k, d] and y [k] for a state [d]', {
      argument: 'matrix | style',
      expected: `[${style.length}, ${x.length}]`,
      received: matrix.shape,
    });
}

/** y - factor A x, [k]. */
export function residual(x: ArrayLike<number>, { matrix, style }: LinearStyle, factor = 1): Float64Array {
  assertStyle(x, { matrix, style });
  return matmul(matrix, vector(x)).data.map((value, i) => style[i]! - factor * value);
}

/**
 * `A^T (ridge I + weight A A^T)^-1 r` for r [k]: a system of k equations, not of d. At ridge 0 it is the pseudo-inverse
 * `A^+ r / weight`, also where A has not full rank.
 */
export function pullBack(matrix: Array64, r: Float64Array, ridge: number, weight: number): Float64Array {
  if (ridge === 0) return matmul(pinv(matrix), vector(r)).data.map((value) => value / weight);
  const rows = matrix.shape[0]!;
  const gram = matmul(matrix, transpose(matrix));
  const system = {
    shape: gram.shape,
    data: gram.data.map((value, at) => weight * value + (at % (rows + 1) === 0 ? ridge : 0)),
  };
  return matmul(transpose(matrix), solve(system, vector(r))).data;
}

/** Largest singular value. */
export const spectralNorm = (matrix: Array64): number => svd(matrix).s[0] ?? 0;

/** @throws LabError `argument` unless gamma is positive (Infinity is the terminal constraint) and t lies in [0, 1) */
export function assertHorizon({ t, gamma }: { t: number; gamma: number }): void {
  if (!(gamma > 0))
    throw new LabError('argument', 'the weight gamma of the terminal cost is positive', {
      argument: 'gamma',
      received: gamma,
    });
  if (!(t >= 0 && t < 1))
    throw new LabError('argument', 'a control needs time left: t lies in [0, 1)', {
      argument: 't',
      received: t,
    });
}

export const squared = (values: Float64Array): number => values.reduce((sum, each) => sum + each * each, 0);
