import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Projector } from '../constraints/types';

/** Weak enough that the proximal point is a gradient step, strong enough to stand above rounding. */
const logGamma = Math.log(1e-5);

/**
 * The gradient of the sum of squared violations, read off the quadratic proximal point of a very weak penalty:
 * `argmin_z 0.5 (|z - x|^2 + gamma Pi(z)) = x - (gamma / 2) grad Pi(z)`, so `2 (x - z) / gamma` is the gradient of Pi's
 * Moreau envelope, which tends to grad Pi(x) as gamma falls (relative error gamma times the rows' squared norm).
 *
 * So every constraint that can be projected onto can also guide, and both see the same violation.
 */
export function violationGradient(projector: Projector, x: Array64): Array64 {
  const moved: Array64 = { shape: x.shape, data: Float64Array.from(x.data) };
  projector.project(moved, { logGamma, penalty: 'quadratic', tolerance: 1e-12 });
  const scale = 2 / Math.exp(logGamma);
  return { shape: x.shape, data: x.data.map((value, i) => scale * (value - moved.data[i]!)) };
}
