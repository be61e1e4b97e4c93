import { LabError } from '../errors';
import { tf, type Scalar, type Tensor } from '../tf';
import { treeMap } from '../tree';
import { assertScalar, pullback } from './pullback';

export interface GradOptions<HasAux extends boolean = boolean> {
  /**
   * Whether the function returns `[loss, aux]`, where `aux` is any tree: tensors in it are handed out, nothing in it is
   * differentiated.
   *
   * @default false
   */
  readonly hasAux?: HasAux;
}

type Loss<Params, Args extends readonly unknown[]> = (params: Params, ...args: Args) => Tensor;
type LossWithAux<Params, Args extends readonly unknown[], Aux> = (
  params: Params,
  ...args: Args
) => readonly [loss: Tensor, aux: Aux];

/**
 * A function that returns a scalar loss together with its gradient with respect to the first argument, a tree of
 * float32 tensors. Further arguments are passed on and not differentiated.
 *
 * A leaf that the loss does not depend on gets a gradient of zeros. The value, the gradients and the tensors of `aux`
 * belong to the caller; everything else is freed, also after a throw. May be nested for higher derivatives.
 *
 * @throws LabError `shape` when the function's result is not a scalar, `argument` when a leaf is not a float32 tensor
 * @example
 * const { value, grads } = valueAndGrad((p, x) => tf.mean(tf.square(tf.sub(tf.mul(p.w, x), 1))))(params, x);
 */
export function valueAndGrad<Params, Args extends readonly unknown[]>(
  fn: Loss<Params, Args>,
  options?: GradOptions<false>,
): (params: Params, ...args: Args) => { value: Scalar; grads: Params };
export function valueAndGrad<Params, Args extends readonly unknown[], Aux>(
  fn: LossWithAux<Params, Args, Aux>,
  options: GradOptions<true>,
): (params: Params, ...args: Args) => { value: Scalar; aux: Aux; grads: Params };
export function valueAndGrad<Params, Args extends readonly unknown[], Aux>(
  fn: Loss<Params, Args> | LossWithAux<Params, Args, Aux>,
  { hasAux = false }: GradOptions = {},
): (params: Params, ...args: Args) => { value: Scalar; aux?: Aux; grads: Params } {
  return (params, ...args) => {
    let held: unknown;
    const loss = (inputs: Params): Tensor => {
      const result = fn(inputs, ...args);
      if (!hasAux) {
        assertScalar('valueAndGrad', result);
        return result;
      }
      const [value, aux] = pair(result);
      assertScalar('valueAndGrad', value);
      // Kept beyond the scope that TensorFlow.js closes around the forward pass; a clone stays on an outer tape.
      held = mapTensors(aux, (tensor) => tf.keep(tf.clone(tensor)));
      return value;
    };
    try {
      const { value, grads } = pullback('valueAndGrad', loss, params);
      const result = { value: value as Scalar, grads };
      return hasAux ? { ...result, aux: mapTensors(held, tf.clone) as Aux } : result;
    } finally {
      mapTensors(held, (tensor) => {
        tensor.dispose();
        return tensor;
      });
    }
  };
}

/**
 * As {@link valueAndGrad} for callers who need the gradient alone.
 *
 * @example
 * const slope = grad((x: Tensor) => tf.sum(tf.square(x)))(x); // 2x
 */
export function grad<Params, Args extends readonly unknown[]>(
  fn: Loss<Params, Args>,
): (params: Params, ...args: Args) => Params {
  const both = valueAndGrad(fn);
  return (params, ...args) => {
    const { value, grads } = both(params, ...args);
    value.dispose();
    return grads;
  };
}

function pair(result: unknown): readonly [unknown, unknown] {
  if (Array.isArray(result) && result.length === 2) return result as unknown as readonly [unknown, unknown];
  throw new LabError('argument', 'valueAndGrad: with hasAux the function must return [loss, aux]', {
    received: result instanceof tf.Tensor ? 'a tensor' : typeof result,
  });
}

function mapTensors(tree: unknown, fn: (tensor: Tensor) => Tensor): unknown {
  return treeMap((leaf: unknown) => (leaf instanceof tf.Tensor ? fn(leaf as Tensor) : leaf), tree);
}
