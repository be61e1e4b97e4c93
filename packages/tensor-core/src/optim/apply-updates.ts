import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { treeFlatten, treeSelect, treeUnflatten, type Tree } from '../tree';

/**
 * `params + updates`, as a new tree that belongs to the caller. Parameters without an update are carried over.
 *
 * @throws LabError `argument` when an update has no parameter
 * @example
 * const { updates, state } = optimizer.update(grads, optimizerState, params);
 * const next = applyUpdates(params, updates);
 */
export function applyUpdates<Params>(params: Params, updates: unknown): Params {
  const record = treeSelect<Tensor>(updates as Tree<Tensor>);
  const leaves = treeFlatten(params as Tree<Tensor>);
  const known = new Set(leaves.map(([path]) => path));
  const stray = Object.keys(record).find((path) => !known.has(path));
  if (stray !== undefined)
    throw new LabError('argument', 'applyUpdates: an update has no parameter', {
      argument: stray === '' ? 'updates' : `updates.${stray}`,
      expected: [...known].slice(0, 20),
    });
  return treeUnflatten(
    params,
    leaves.map(([path, param]) => {
      const update = record[path];
      return update === undefined ? tf.clone(param) : tf.add(param, update);
    }),
  );
}
