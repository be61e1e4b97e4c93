import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { treeFlatten, treeUnflatten, type Tree } from '../tree';
import { freeTape, orderTape, type TapeState } from './tape';

/**
 * Runs `fn` on a tree of tensors and pulls `cotangent` (ones if absent) back through it.
 *
 * Every leaf gets a gradient: zeros where `fn` does not reach it. A tensor that stands at two places of the tree is two
 * leaves. What `fn` allocates is freed, also when it throws; the value and the gradients belong to the caller.
 */
export function pullback<Params>(
  caller: string,
  fn: (params: Params) => Tensor,
  params: Params,
): { value: Tensor; grads: Params } {
  const leaves = differentiableLeaves(caller, params);
  const inputs = withoutRepeats(leaves);
  const state = tf.engine().state as unknown as TapeState;
  const depth = state.gradientDepth;
  try {
    const result = tf.engine().gradients(
      () => {
        const value = fn(treeUnflatten(params, inputs));
        orderTape(state);
        // A value that is an input would be the caller's twice.
        return inputs.includes(value) ? tf.clone(value) : value;
      },
      inputs,
      undefined,
      true,
    );
    const found = result.grads as (Tensor | undefined)[];
    const grads = inputs.map((input, i) => found[i] ?? tf.zeros(input.shape));
    return { value: result.value, grads: treeUnflatten(params, grads) };
  } catch (error) {
    if (depth === 0) freeTape(state);
    throw error;
  } finally {
    inputs.forEach((input, i) => {
      if (input !== leaves[i] && depth === 0) input.dispose();
    });
  }
}

/** The leaves, checked to be what a derivative can be taken for. */
function differentiableLeaves(caller: string, params: unknown): Tensor[] {
  const leaves = treeFlatten(params as Tree<Tensor>);
  for (const [path, leaf] of leaves)
    if (!((leaf as unknown) instanceof tf.Tensor) || leaf.dtype !== 'float32')
      throw new LabError('argument', `${caller}: every leaf of the parameters must be a float32 tensor`, {
        argument: path === '' ? 'params' : `params.${path}`,
        received: (leaf as unknown) instanceof tf.Tensor ? `${leaf.dtype} tensor` : typeof leaf,
        hint: 'pass what is not differentiated as a further argument',
      });
  if (leaves.length === 0) throw new LabError('argument', `${caller}: the tree of parameters has no leaves`);
  return leaves.map(([, leaf]) => leaf);
}

function withoutRepeats(leaves: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  return leaves.map((leaf) => {
    if (seen.has(leaf)) return tf.clone(leaf);
    seen.add(leaf);
    return leaf;
  });
}

/** Checks what a function to be differentiated returned. */
export function assertScalar(caller: string, value: unknown): asserts value is Tensor {
  if (value instanceof tf.Tensor && value.rank === 0 && value.dtype === 'float32') return;
  throw new LabError('shape', `${caller}: the function must return a float32 scalar`, {
    expected: 'a float32 tensor of shape []',
    received:
      value instanceof tf.Tensor ? `a ${value.dtype} tensor of shape [${String(value.shape)}]` : typeof value,
    hint: 'reduce it with tf.sum or tf.mean; for further outputs return [loss, aux] and pass { hasAux: true }',
  });
}
