import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { rowsInMemory } from './gram';
import { projectOut, type ProjectOptions } from './project-out';

/** How far a step goes: its strength s in [0, 1], or the weight lambda of the drift, s = 1 / (1 + lambda). */
export type StepSize = { readonly strength: number } | { readonly lambda: number };

/** The strength of a step size. @throws LabError `argument` when it is out of its range */
export function strengthOf(size: StepSize): number {
  if ('lambda' in size) {
    if (size.lambda >= 0) return 1 / (1 + size.lambda);
    throw new LabError('argument', 'lambda must be at least 0', {
      argument: 'lambda',
      received: size.lambda,
    });
  }
  assertFraction('strength', size.strength);
  return size.strength;
}

/** @throws LabError `argument` when a value is not in [0, 1] */
export function assertFraction(argument: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new LabError('argument', `${argument} must lie in [0, 1]`, { argument, received: value });
}

/**
 * The closed-form step of the relaxed problem (App. E): the minimiser of |theta + D|^2 + lambda |D|^2 over all D
 * orthogonal to the rows of G, added to theta: theta - s P theta with P the projection onto the rows' complement.
 *
 * @param theta [d]
 * @param gradients G [N, d]
 * @example
 * const exact = await minNormStep(theta, retainedInputs, { strength: 1 });
 */
export async function minNormStep(
  theta: Float64Array,
  gradients: Array64,
  size: StepSize & ProjectOptions,
): Promise<Float64Array> {
  const strength = strengthOf(size);
  const { perp } = await projectOut(theta, rowsInMemory(gradients.data, theta.length), size);
  return theta.map((value, k) => value - strength * perp[k]!);
}

/** The strength of projection `index` (from 0): s gamma^index, in lambda's terms (lambda + 1) / gamma - 1 each time. */
export function strengthAt(
  index: number,
  { strength, decay }: { readonly strength: number; readonly decay: number },
): number {
  return strength * decay ** index;
}
