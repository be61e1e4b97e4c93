import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { treeFlatten, treeLeaves, treeUnflatten, type Tree } from '../tree';
import { pullback } from './pullback';
import { grad } from './value-and-grad';

type Fn<Params, Args extends readonly unknown[], Output> = (params: Params, ...args: Args) => Output;

/**
 * Vector-Jacobian product: the output tree of `fn` at `params`, and the cotangent of its output pulled back to the
 * parameters, `J^T u`.
 *
 * @returns `value` and `grads`, new trees that belong to the caller
 * @throws LabError `shape` when the cotangent has not the structure or shapes of the output
 * @example
 * vjp((x: Tensor) => tf.square(x))(x, u).grads; // 2 x u
 */
export function vjp<Params, Output>(
  fn: (params: Params) => Output,
): (params: Params, cotangent: Output) => { value: Output; grads: Params } {
  return (params, cotangent) => {
    let held: Output | undefined;
    try {
      const { value, grads } = pullback(
        'vjp',
        (inputs) => {
          const output = fn(inputs);
          held = mapLeaves(output, (leaf) => tf.keep(tf.clone(leaf)));
          return inner('vjp', output, cotangent);
        },
        params,
      );
      value.dispose();
      return { value: mapLeaves(held as Output, (leaf) => tf.clone(leaf)), grads };
    } finally {
      if (held !== undefined) tf.dispose(treeLeaves(held as Tree<Tensor>));
    }
  };
}

/**
 * Jacobian-vector product: the output of `fn` at `params`, and its derivative along `tangent`, `J v`.
 *
 * Two backward passes: `u -> J^T u` is linear, so its own vector-Jacobian product with `v` is `J v`. Every op on the
 * way needs a second-order gradient (see the support matrix).
 *
 * @returns `value` and `tangent`, new trees of the output's structure that belong to the caller
 * @throws LabError `shape` when the tangent has not the structure or shapes of the parameters
 * @example
 * jvp((x: Tensor) => tf.square(x))(x, v).tangent; // 2 x v
 */
export function jvp<Params, Output>(
  fn: (params: Params) => Output,
): (params: Params, tangent: Params) => { value: Output; tangent: Output } {
  return (params, tangent) => {
    const value = tf.tidy(() => mapLeaves(fn(params), (leaf) => tf.clone(leaf)) as never) as Output;
    const zeros = mapLeaves(value, (leaf) => tf.zerosLike(leaf));
    try {
      const along = (cotangent: Output): Tensor => {
        const { grads } = pullback('jvp', (inputs) => inner('jvp', fn(inputs), cotangent), params);
        return inner('jvp', grads, tangent);
      };
      return { value, tangent: grad(along)(zeros) };
    } catch (error) {
      tf.dispose(treeLeaves(value as Tree<Tensor>));
      throw error;
    } finally {
      tf.dispose(treeLeaves(zeros as Tree<Tensor>));
    }
  };
}

/**
 * Hessian-vector product of a scalar function: the derivative of its gradient along `tangent`, `H v`, without ever
 * forming `H`. Further arguments are passed on and not differentiated.
 *
 * @returns a new tree of the parameters' structure that belongs to the caller
 * @throws LabError `shape` when the function is not scalar or the tangent has not the parameters' structure and shapes
 * @example
 * hvp((x: Tensor) => tf.sum(tf.pow(x, 3)))(x, v); // 6 x v
 */
export function hvp<Params, Args extends readonly unknown[]>(
  fn: Fn<Params, Args, Tensor>,
): (params: Params, tangent: Params, ...args: Args) => Params {
  return (params, tangent, ...args) =>
    grad((inputs: Params) => inner('hvp', grad(fn)(inputs, ...args), tangent))(params);
}

/** The inner product of two trees of tensors, a scalar. */
function inner(caller: string, a: unknown, b: unknown): Tensor {
  const [left, right] = [treeFlatten(a as Tree<Tensor>), treeFlatten(b as Tree<Tensor>)];
  const terms = left.map(([path, leaf], i) => {
    const [otherPath, other] = right[i] ?? [];
    if (otherPath !== path || other === undefined || !tf.util.arraysEqual(leaf.shape, other.shape))
      throw new LabError(
        'shape',
        `${caller}: the vector has not the structure and shapes of what it multiplies`,
        {
          argument: path === '' ? 'vector' : `vector.${path}`,
          expected: leaf.shape,
          received: otherPath === path ? other?.shape : `leaf '${String(otherPath)}'`,
        },
      );
    return tf.sum(tf.mul(leaf, other));
  });
  if (right.length !== left.length)
    throw new LabError('shape', `${caller}: the vector has more leaves than what it multiplies`, {
      expected: left.length,
      received: right.length,
    });
  return terms.length === 1 ? (terms[0] as Tensor) : tf.addN(terms);
}

function mapLeaves<T>(tree: T, fn: (leaf: Tensor) => Tensor): T {
  return treeUnflatten(tree, treeLeaves(tree as Tree<Tensor>).map(fn));
}
