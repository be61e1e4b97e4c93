import { assertHorizon } from './shapes';

export interface KnownTargetOptions {
  /** The state that shall be reached at t = 1, [d]. */
  readonly target: ArrayLike<number>;
  /** From 0 (noise) to below 1 (data). @default 0 */
  readonly t?: number;
  /** Weight of `gamma / 2 |X_1 - target|^2`. @default Infinity, the target is met exactly */
  readonly gamma?: number;
}

/**
 * Proposition A.2: the control that minimises `E int 1/2 |u|^2 + gamma / 2 |X_1 - x_1|^2` under `dX = u dt`, which is
 * `(x_1 - x) / (1 / gamma + 1 - t)`. Under added noise `sigma dW` it stays optimal.
 */
export function knownTargetControl(
  x: ArrayLike<number>,
  { target, t = 0, gamma = Infinity }: KnownTargetOptions,
): Float64Array {
  assertHorizon({ t, gamma });
  const horizon = 1 / gamma + 1 - t;
  return Float64Array.from(x, (value, i) => (target[i]! - value) / horizon);
}

/**
 * What the optimal control costs from x on: `|x - x_1|^2 / (2 (1 / gamma + 1 - t))`, and with noise of `deviation` the
 * expectation `sigma^2 d / 2 ln(1 + gamma (1 - t))` more. It solves the Hamilton-Jacobi-Bellman equation
 * `V_t = 1/2 |grad V|^2` (Theorem A.1).
 */
export function knownTargetValue(
  x: ArrayLike<number>,
  { target, t = 0, gamma = Infinity, deviation = 0 }: KnownTargetOptions & { readonly deviation?: number },
): number {
  assertHorizon({ t, gamma });
  let distance = 0;
  for (let i = 0; i < x.length; i++) distance += (x[i]! - target[i]!) ** 2;
  const deterministic = distance / (2 * (1 / gamma + 1 - t));
  return deviation === 0
    ? deterministic
    : deterministic + ((deviation ** 2 * x.length) / 2) * Math.log1p(gamma * (1 - t));
}
