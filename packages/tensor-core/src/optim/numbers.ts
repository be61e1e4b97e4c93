import { LabError } from '../errors';
import { treeLeaves } from '../tree';
import type { GradientTransformation, OptimizerState, UpdateNumbers } from './types';

/**
 * The numbers of a transformation's next update; none for one that counts nothing.
 *
 * @throws LabError `unsupported` for a transformation that counts and does not say what it makes of its counts
 */
export function numbersOf(optimizer: GradientTransformation, state: OptimizerState): UpdateNumbers {
  if (optimizer.numbers) return optimizer.numbers(state);
  if (!treeLeaves(state).some((leaf) => typeof leaf === 'number')) return {};
  throw new LabError(
    'unsupported',
    'this optimiser cannot be compiled: its state has counts and it has no `numbers`',
    {
      argument: 'optimizer',
      hint: "give it `numbers(state)` (see GradientTransformation), or train with engine: 'eager'",
    },
  );
}
