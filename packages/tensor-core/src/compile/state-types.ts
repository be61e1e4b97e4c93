import { LabError } from '../errors';
import { isTensor } from '../host/is-tensor';
import type { Tensor } from '../tf';
import { treeFlatten } from '../tree';

/** One leaf of a state that stays in the runtime. */
export interface StateType {
  readonly path: string;
  readonly leaf: Tensor;
  readonly shape: readonly number[];
  readonly dtype: Tensor['dtype'];
}

/** The leaves of a state, checked to be what can stay in the runtime. */
export function stateTypes(initial: unknown): StateType[] {
  return treeFlatten(initial).flatMap(([path, leaf]) => {
    if (leaf === undefined) return [];
    if (!isTensor(leaf) || leaf.dtype === 'complex64' || leaf.dtype === 'string')
      throw new LabError('argument', 'compileStep: the leaves of a state are real tensors', {
        argument: path === '' ? 'initial' : `initial.${path}`,
        received: isTensor(leaf) ? `a ${leaf.dtype} tensor` : typeof leaf,
        hint: 'numbers that change from step to step are inputs; those that do not belong to the step itself',
      });
    return [{ path, leaf: leaf, shape: leaf.shape, dtype: leaf.dtype }];
  });
}
