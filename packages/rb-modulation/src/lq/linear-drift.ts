import type { OptimalPath } from './linear-style';
import { assertHorizon, pullBack, residual, squared, type LinearStyle } from './shapes';

export interface LinearDriftOptions extends LinearStyle {
  /** From 0 (noise) to below 1 (data). @default 0 */
  readonly t?: number;
  /** Weight of `gamma / 2 |A X_1 - y|^2`. @default Infinity, the style is met exactly */
  readonly gamma?: number;
}

export interface DriftingPath extends OptimalPath {
  /** The state after a further time in [0, 1 - t], [d]. */
  readonly after: (time: number) => Float64Array;
}

/**
 * Proposition 5.2 (A.5): the optimal control of `dX = (X + u) dt` for the cost of {@link linearStylePath}, closed (the paper
 * leaves the end point implicit). With `s = 1 - t` it is `u = e^s w`, where
 * `w = A^T (I / gamma + (e^2s - 1) / 2 A A^T)^-1 (y - e^s A x)`, and falls as e^-t on the way; at gamma = Infinity
 * `u = A^+ (y - e^s A x) / sinh(s)`.
 */
export function linearDriftPath(
  x: ArrayLike<number>,
  { matrix, style, t = 0, gamma = Infinity }: LinearDriftOptions,
): DriftingPath {
  assertHorizon({ t, gamma });
  const s = 1 - t;
  const grown = Math.exp(s);
  const energy = Math.expm1(2 * s) / 2;
  const w = pullBack(matrix, residual(x, { matrix, style }, grown), 1 / gamma, energy);
  const after = (time: number): Float64Array =>
    Float64Array.from(
      x,
      (value, i) => value * Math.exp(time) + ((Math.exp(s + time) - Math.exp(s - time)) / 2) * w[i]!,
    );
  const end = after(s);
  const terminal = gamma === Infinity ? 0 : (gamma / 2) * squared(residual(end, { matrix, style }));
  return { control: w.map((value) => grown * value), end, cost: (energy / 2) * squared(w) + terminal, after };
}
