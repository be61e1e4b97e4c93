import { inverse, matmul, transpose } from '@lab/tensor-core/linalg64';
import { assertHorizon, pullBack, residual, squared, vector, type LinearStyle } from './shapes';

export interface LinearStyleOptions extends LinearStyle {
  /** From 0 (noise) to below 1 (data). @default 0 */
  readonly t?: number;
  /** Weight of `gamma / 2 |A X_1 - y|^2`. @default Infinity, the style is met exactly */
  readonly gamma?: number;
  /**
   * At gamma = Infinity: the pseudo-inverse, or `(A^T A)^-1 A^T` as the paper prints it, which does not exist when the style
   * has fewer numbers than the state.
   *
   * @default 'pseudo-inverse'
   */
  readonly limit?: 'pseudo-inverse' | 'normal-equations';
}

export interface OptimalPath {
  /** The control now, [d]. */
  readonly control: Float64Array;
  /** The state that it leads to at t = 1, [d]. */
  readonly end: Float64Array;
  /** Running and terminal cost of the whole way. */
  readonly cost: number;
}

/**
 * Proposition 5.1 (A.4): the optimal control of `dX = u dt` for the cost `int 1/2 |u|^2 + gamma / 2 |A X_1 - y|^2`. With
 * `s = 1 - t` it is `u = A^T (I / gamma + s A A^T)^-1 (y - A x)`, the same all the way: it moves x within the row space of A
 * alone, and leaves the rest, the content, as it is.
 *
 * @throws LabError `numeric` (singular) for the printed limit where A^T A has no inverse
 */
export function linearStylePath(x: ArrayLike<number>, options: LinearStyleOptions): OptimalPath {
  const { matrix, style, t = 0, gamma = Infinity, limit = 'pseudo-inverse' } = options;
  assertHorizon({ t, gamma });
  const s = 1 - t;
  const r = residual(x, options);
  const control =
    limit === 'normal-equations' && gamma === Infinity
      ? matmul(inverse(matmul(transpose(matrix), matrix)), matmul(transpose(matrix), vector(r))).data.map(
          (value) => value / s,
        )
      : pullBack(matrix, r, 1 / gamma, s);
  const end = Float64Array.from(x, (value, i) => value + s * control[i]!);
  const terminal = gamma === Infinity ? 0 : (gamma / 2) * squared(residual(end, { matrix, style }));
  return { control, end, cost: (s / 2) * squared(control) + terminal };
}
