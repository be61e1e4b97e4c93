import type { Space } from '@lab/diffusion-core';
import { assertSteps } from './assert-steps';

export interface OuInversionOptions<X> {
  /** grad log p_t of the Ornstein-Uhlenbeck process `dY = -Y dt + sqrt(2) dW` at a state and a time in [0, horizon]. */
  readonly score: (x: X, t: number) => X;
  readonly space: Space<X>;
  /** The end T of time; 10 is nearly pure noise. */
  readonly horizon: number;
  readonly steps: number;
}

/**
 * The diffusion model of the paper's toy comparison (Table 5): the ODE (14) of the Ornstein-Uhlenbeck process,
 * `dY = [-Y - grad log p_t(Y)] dt`, by Euler's method to noise and back. Both states are new and the caller's.
 */
export function ouInversion<X>(
  image: X,
  { score, space, horizon, steps }: OuInversionOptions<X>,
): { readonly noise: X; readonly image: X } {
  assertSteps(steps);
  const length = horizon / steps;
  const move = (x: X, t: number, h: number): X => {
    const slope = score(x, t);
    const next = space.combine([
      [1 - h, x],
      [-h, slope],
    ]);
    space.dispose(slope);
    return next;
  };
  let noise = space.combine([[1, image]]);
  for (let i = 0; i < steps; i++) {
    const next = move(noise, i * length, length);
    space.dispose(noise);
    noise = next;
  }
  let back = space.combine([[1, noise]]);
  for (let i = steps; i > 0; i--) {
    const next = move(back, i * length, -length);
    space.dispose(back);
    back = next;
  }
  return { noise, image: back };
}
