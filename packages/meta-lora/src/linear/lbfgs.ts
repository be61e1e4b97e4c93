import type { Objective } from './eliminated';

export interface Descent {
  readonly theta: Float64Array;
  readonly loss: number;
  readonly iterations: number;
}

export const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** x + factor d. */
export const moved = (x: Float64Array, d: Float64Array, factor: number): Float64Array =>
  x.map((value, i) => value + factor * d[i]!);

/**
 * L-BFGS with the two-loop recursion and a backtracking line search (Nocedal & Wright, algorithms 7.4 and 3.1). It stops when the
 * gradient's norm is below `tolerance` or no step goes down any more.
 */
export function lbfgs(
  objective: Objective,
  start: Float64Array,
  {
    iterations,
    tolerance,
    memory = 12,
  }: { readonly iterations: number; readonly tolerance: number; readonly memory?: number },
): Descent {
  let theta = start;
  let { loss, gradient } = objective.value(theta);
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let step = 0;
  for (; step < iterations && Math.sqrt(dot(gradient, gradient)) > tolerance; step++) {
    const direction = directionOf(gradient, pairs);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      pairs.length = 0;
      gradient.forEach((value, i) => (direction[i] = -value));
      slope = -dot(gradient, gradient);
    }
    let size = pairs.length === 0 ? Math.min(1, 0.1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = objective.value(moved(theta, direction, size));
    for (let tries = 0; tries < 40 && !(next.loss <= loss + 1e-4 * size * slope); tries++) {
      size /= 2;
      next = objective.value(moved(theta, direction, size));
    }
    if (!(next.loss < loss)) {
      if (pairs.length === 0) break;
      pairs.length = 0;
      continue;
    }
    const s = direction.map((value) => size * value);
    const y = next.gradient.map((value, i) => value - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-300) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    theta = moved(theta, s, 1);
    ({ loss, gradient } = next);
  }
  return { theta, loss, iterations: step };
}

function directionOf(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.slice();
  const weights: number[] = [];
  for (const [i, { s, y, rho }] of [...pairs.entries()].reverse()) {
    weights[i] = rho * dot(s, q);
    y.forEach((value, j) => (q[j]! -= weights[i]! * value));
  }
  const last = pairs.at(-1);
  const scale = last ? dot(last.s, last.y) / dot(last.y, last.y) : 1;
  q.forEach((value, j) => (q[j] = scale * value));
  pairs.forEach(({ s, y, rho }, i) => {
    const back = weights[i]! - rho * dot(y, q);
    s.forEach((value, j) => (q[j]! += back * value));
  });
  return q.map((value) => -value);
}
