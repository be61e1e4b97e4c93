import { LabError } from '@lab/tensor-core/errors';

export interface LqrOptions {
  /** Weight lambda > 0 of the distance to the target at time 1; Infinity demands that it is reached. @default Infinity */
  readonly lambda?: number;
}

/**
 * Gain k(t) of the optimal control `c = k(t) (target - z)` of the linear-quadratic regulator
 *
 * `min integral_0^1 1/2 |c|^2 dt + lambda/2 |z(1) - target|^2,  dz = c dt`  (Proposition 3.2),
 *
 * which is `1 / (1/lambda + 1 - t)`. At lambda = Infinity the control is the velocity of the rectified flow given its
 * end point.
 *
 * @param t time in [0, 1]; below 1 for lambda = Infinity
 */
export function lqrGain(t: number, { lambda = Infinity }: LqrOptions = {}): number {
  const remaining = slack(lambda) + 1 - t;
  if (!(t >= 0 && t <= 1) || remaining === 0)
    throw new LabError('argument', 'the regulator has no finite gain at this time', {
      argument: 't',
      expected: 'a time in [0, 1], below 1 for lambda = Infinity',
      received: t,
      hint: 'a finite lambda, such as 1000, has a gain at every time',
    });
  return 1 / remaining;
}

/** The optimal path at time t in [0, 1], as weights of start and target: `z(t) = start z(0) + target y`. */
export function lqrPath(
  t: number,
  { lambda = Infinity }: LqrOptions = {},
): { start: number; target: number } {
  const target = t / (1 + slack(lambda));
  return { start: 1 - target, target };
}

/** Value function: the least cost from a point at squared distance `squaredDistance` of the target, from time t on. */
export function lqrValue(squaredDistance: number, t: number, options: LqrOptions = {}): number {
  return 0.5 * squaredDistance * lqrGain(t, options);
}

/** Of the optimal path from time 0: control energy, terminal cost, and what is left of the distance at time 1. */
export function lqrCosts(
  squaredDistance: number,
  { lambda = Infinity }: LqrOptions = {},
): { energy: number; terminal: number; gap: number } {
  const inverse = slack(lambda);
  const reached = 1 / (1 + inverse);
  const gap = inverse / (1 + inverse);
  return {
    energy: 0.5 * squaredDistance * reached ** 2,
    terminal: inverse === 0 ? 0 : 0.5 * lambda * squaredDistance * gap ** 2,
    gap,
  };
}

/** 1 / lambda. */
export function slack(lambda: number): number {
  if (!(lambda > 0))
    throw new LabError('argument', 'lambda is positive; Infinity demands that the target is reached', {
      argument: 'lambda',
      received: lambda,
    });
  return 1 / lambda;
}
