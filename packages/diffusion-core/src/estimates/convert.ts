import { LabError } from '@lab/tensor-core/errors';
import type { Estimate, Prediction, Space } from '../types';

/** How much sample and how much noise a state holds: `x = alpha x0 + sigma noise`. */
export interface Level {
  readonly alpha: number;
  readonly sigma: number;
}

/**
 * Reads a network's output as posterior mean and noise; the exact inverse of `toPrediction`.
 *
 * | predicts | x0 | noise |
 * |---|---|---|
 * | epsilon e | (x - sigma e) / alpha | e |
 * | sample s | s | (x - alpha s) / sigma |
 * | v | (alpha x - sigma v) / (alpha^2 + sigma^2) | (sigma x + alpha v) / (alpha^2 + sigma^2) |
 * | velocity u | (x - sigma u) / (alpha + sigma) | (x + alpha u) / (alpha + sigma) |
 *
 * Both states are new and the caller's.
 *
 * @throws LabError `unsupported` for epsilon at alpha = 0 and for sample at sigma = 0, where the output says nothing
 *   about the other part
 */
export function toEstimate<X>(
  space: Space<X>,
  reading: { readonly predicts: Prediction; readonly prediction: X; readonly x: X } & Level,
): Estimate<X> {
  const { predicts, prediction, x, alpha, sigma } = reading;
  switch (predicts) {
    case 'epsilon':
      if (alpha === 0) throw undetermined('epsilon', 'alpha');
      return {
        x0: space.combine([
          [1 / alpha, x],
          [-sigma / alpha, prediction],
        ]),
        noise: space.combine([[1, prediction]]),
      };
    case 'sample':
      if (sigma === 0) throw undetermined('sample', 'sigma');
      return {
        x0: space.combine([[1, prediction]]),
        noise: space.combine([
          [1 / sigma, x],
          [-alpha / sigma, prediction],
        ]),
      };
    case 'v':
    case 'velocity': {
      // v and velocity differ only in the norm of (alpha, sigma) that they are measured against.
      const total = predicts === 'v' ? alpha * alpha + sigma * sigma : alpha + sigma;
      const [a, s] = predicts === 'v' ? [alpha, sigma] : [1, 1];
      return {
        x0: space.combine([
          [a / total, x],
          [-sigma / total, prediction],
        ]),
        noise: space.combine([
          [s / total, x],
          [alpha / total, prediction],
        ]),
      };
    }
  }
}

/** What a network of this kind would have put out for an estimate; the exact inverse of `toEstimate`. A new state. */
export function toPrediction<X>(
  space: Space<X>,
  { predicts, estimate, alpha, sigma }: { predicts: Prediction; estimate: Estimate<X> } & Level,
): X {
  const { x0, noise } = estimate;
  switch (predicts) {
    case 'epsilon':
      return space.combine([[1, noise]]);
    case 'sample':
      return space.combine([[1, x0]]);
    case 'v':
      return space.combine([
        [alpha, noise],
        [-sigma, x0],
      ]);
    case 'velocity':
      return space.combine([
        [1, noise],
        [-1, x0],
      ]);
  }
}

/** The noise for which `alpha x0 + sigma noise = x`; a new state. */
export function noiseFor<X>(space: Space<X>, { x, x0, alpha, sigma }: { x: X; x0: X } & Level): X {
  if (sigma === 0) throw undetermined('sample', 'sigma');
  return space.combine([
    [1 / sigma, x],
    [-alpha / sigma, x0],
  ]);
}

function undetermined(predicts: Prediction, zero: 'alpha' | 'sigma'): LabError {
  return new LabError('unsupported', `a prediction of kind '${predicts}' determines nothing at ${zero} = 0`, {
    hint:
      zero === 'alpha'
        ? "start below pure noise (a schedule whose alpha stays positive), or predict 'v', 'velocity' or 'sample'"
        : 'at t = 0 the state is the sample: no estimate is needed',
  });
}
