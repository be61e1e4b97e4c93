import {
  numbersOf,
  tf,
  type Execution,
  type GradientTransformation,
  type OptimizerState,
  type UpdateNumbers,
} from '@lab/tensor-core';
import { treeMap } from '@lab/tensor-core/tree';

/** Numbers that follow from the counts of an optimiser's state and go into every step, such as its learning rate. */
export function numbersFor(
  { engine }: { readonly engine: Execution },
  optimizer: GradientTransformation,
  state: OptimizerState,
): UpdateNumbers {
  // Op by op an optimiser that does not say its numbers works them out itself.
  return engine === 'eager' && !optimizer.numbers ? {} : numbersOf(optimizer, state);
}

/** The same as scalar tensors. */
export const scalarsOf = (...args: Parameters<typeof numbersFor>): unknown =>
  treeMap((value: number) => tf.scalar(value), numbersFor(...args));
