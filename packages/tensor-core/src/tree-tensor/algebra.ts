import { LabError } from '../errors';
import { tf, type Scalar, type Tensor } from '../tf';
import { treeLeaves, treeZip, type Tree } from '../tree';

/**
 * The inner product of two trees of the same structure: the sum over all leaves of the sum of products.
 *
 * @throws LabError `shape` when the structures or the shapes of two leaves differ
 */
export function treeDot(a: unknown, b: unknown): Scalar {
  return tf.tidy(() =>
    total(
      treeZip([a, b], 'treeDot').map(({ path, leaves }) => {
        const [left, right] = leaves as [Tensor, Tensor];
        if (left.shape.join() !== right.shape.join())
          throw new LabError('shape', 'treeDot: two leaves differ in shape', {
            argument: path,
            received: [left.shape, right.shape],
          });
        return tf.sum(tf.mul(left, right));
      }),
    ),
  );
}

/** The Euclidean norm of all scalars of a tree. */
export function treeGlobalNorm(tree: unknown): Scalar {
  return tf.tidy(() =>
    tf.sqrt(total(treeLeaves(tree as Tree<Tensor>).map((leaf) => tf.sum(tf.square(leaf))))),
  );
}

function total(sums: Tensor[]): Scalar {
  if (sums.length === 0) return tf.scalar(0);
  return (sums.length === 1 ? sums[0]! : tf.sum(tf.stack(sums))) as Scalar;
}
