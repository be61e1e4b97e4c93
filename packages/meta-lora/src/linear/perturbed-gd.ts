import { foldIn, normal64, type Key } from '@lab/tensor-core/random';
import type { Objective } from './eliminated';
import { dot, moved, type Descent } from './lbfgs';

export interface PerturbedOptions {
  readonly key: Key;
  readonly stepSize: number;
  readonly iterations: number;
  /** Loss below which a stationary point is taken for a minimum. */
  readonly solved: number;
}

/**
 * Gradient descent that leaves saddles: where the gradient vanishes and the loss does not, noise of deviation 1e-3 is added, at
 * most ten times (section 3.3). With two tasks every such point that is no saddle is a global minimum (theorem 4).
 */
export function perturbedDescent(
  objective: Objective,
  start: Float64Array,
  { key, stepSize, iterations, solved }: PerturbedOptions,
): Descent {
  let theta = start;
  let perturbations = 0;
  for (let step = 0; step < iterations; step++) {
    const { loss, gradient } = objective.value(theta);
    if (loss < solved) return { theta, loss, iterations: step };
    if (dot(gradient, gradient) < 1e-16) {
      if (perturbations === 10) return { theta, loss, iterations: step };
      theta = moved(theta, normal64(foldIn(key, perturbations++), theta.length), 1e-3);
    } else theta = moved(theta, gradient, -stepSize);
  }
  return { theta, loss: objective.value(theta).loss, iterations };
}
