import { tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import {
  treeLeaves,
  treeSelect,
  treeUpdate,
  type PathRecord,
  type PathSelector,
  type Tree,
} from '@lab/tensor-core/tree';
import { asList, type UnlearnModel } from './types';

/** The parameters that may change, by path; their order in this record is that of a flattened vector. */
export type Free = PathRecord<Tensor>;

/** A model as a function of the parameters that may change; the others are fixed. */
export interface FlatModel<Params> {
  /** The leaves of `params` themselves, not copies. */
  readonly free: Free;
  /** d, the number of scalars that may change. */
  readonly size: number;
  readonly whole: (free: Free) => Params;
  readonly apply: (free: Free, x: Tensor) => readonly Tensor[];
}

/** @throws LabError `argument` when no parameter is meant by `trainable`, `numeric` for one that is not finite */
export async function flatModel<Params>(
  model: UnlearnModel<Params>,
  params: Params,
  trainable?: PathSelector,
): Promise<FlatModel<Params>> {
  const free = treeSelect<Tensor>(params as Tree<Tensor>, trainable);
  const paths = Object.keys(free);
  if (paths.length === 0)
    throw new LabError('argument', 'unlearn: no parameter is to change', {
      argument: 'trainable',
      received: trainable === undefined ? 'parameters without leaves' : 'a selector that accepts no path',
    });
  for (const [path, leaf] of Object.entries(free)) await assertFiniteTensor(`params.${path}`, leaf);
  const whole = (leaves: Free): Params => treeUpdate(params, leaves);
  return {
    free,
    size: treeLeaves<Tensor>(free).reduce((sum, leaf) => sum + leaf.size, 0),
    whole,
    apply: (leaves, x) => asList(model.apply(whole(leaves), x)),
  };
}

/** @throws LabError `numeric` */
export async function assertFiniteTensor(argument: string, tensor: Tensor): Promise<void> {
  const values = await tensor.data();
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new LabError('numeric', `${argument} has a number that is not finite`, {
        argument,
        received: `${String(values[i])} at ${i} of shape [${tensor.shape.join(',')}]`,
      });
}

/** theta [d], in the order of `treeLeaves`. */
export async function flatten(free: Free): Promise<Float64Array> {
  const leaves = treeLeaves<Tensor>(free);
  const theta = new Float64Array(leaves.reduce((sum, leaf) => sum + leaf.size, 0));
  let at = 0;
  for (const leaf of leaves) {
    theta.set(await leaf.data(), at);
    at += leaf.size;
  }
  return theta;
}

/** The inverse of {@link flatten}: new tensors of `like`'s shapes, in single precision. */
export function unflatten(theta: Float64Array, like: Free): Free {
  let at = 0;
  const made: Record<string, Tensor> = {};
  for (const path of Object.keys(like).sort()) {
    const { size, shape } = like[path]!;
    made[path] = tf.tensor(Float32Array.from(theta.subarray(at, at + size)), shape, 'float32');
    at += size;
  }
  return made;
}

/** All leaves end to end as one tensor [d]. */
export const concatenated = (free: Free): Tensor =>
  tf.concat(treeLeaves<Tensor>(free).map((leaf) => tf.reshape(leaf, [leaf.size])));

/** a + b, leaf by leaf. */
export const addFree = (a: Free, b: Free): Free =>
  tidyTree(() => Object.fromEntries(Object.entries(a).map(([path, leaf]) => [path, tf.add(leaf, b[path]!)])));
