import { LabError } from '../errors';
import { toTensor } from '../host/tensors';
import type { HostArray, HostArrayLike } from '../io/host-array';
import { tf, type Tensor } from '../tf';
import { treeFlatten, treeFromRecord, treeSelect, treeUnflatten, type PathRecord, type Tree } from '../tree';
import { treeToHost } from './host';

/**
 * The arrays of a tree by dotted path (`layers.0.weight`): what a safetensors or npz file holds.
 *
 * @example
 * const bytes = writeSafetensors(await saveTree(params));
 */
export async function saveTree(tree: unknown): Promise<PathRecord<HostArray>> {
  return treeSelect<HostArray>(await treeToHost(tree));
}

/**
 * A new tree of `like`'s structure with the values of `arrays`: the inverse of {@link saveTree}. Where `like` has a
 * number there is a number, where it has a tensor a new one, which belongs to the caller; `like` is only read.
 *
 * @throws LabError `format` when a name is missing or one too many, `shape` when an array has not the shape that
 * `like` has there, or is of integers for floats or the other way round
 * @example
 * const params = loadTree(network.init(key(0)), readSafetensors(bytes).tensors);
 */
export function loadTree<T>(like: T, arrays: Readonly<PathRecord<HostArrayLike>>): T {
  treeFromRecord(like, arrays, 'loadTree');
  const expected = treeFlatten(like as Tree<Tensor | number>);
  // Everything is checked before the first tensor is made, so that a refusal leaves none behind.
  for (const [path, leaf] of expected) assertFits(path, leaf, arrays[path]!);
  return treeUnflatten(
    like,
    expected.map(([path, leaf]) => {
      const array = arrays[path]!;
      return leaf instanceof tf.Tensor ? toTensor(array) : Number(array.data[0]);
    }),
  );
}

function assertFits(path: string, leaf: Tensor | number, array: HostArrayLike): void {
  const { shape, dtype } = leaf instanceof tf.Tensor ? leaf : { shape: [], dtype: 'float32' };
  const kind = array.dtype === 'bool' ? 'bool' : array.dtype.includes('float') ? 'float32' : 'int32';
  if (shape.join() !== array.shape.join() || kind !== dtype)
    throw new LabError('shape', 'loadTree: an array is not what the tree has there', {
      argument: path,
      expected: { shape, dtype },
      received: { shape: array.shape, dtype: array.dtype },
    });
}
