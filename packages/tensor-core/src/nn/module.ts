import type { Key } from '../random';
import type { Tensor } from '../tf';

/**
 * A network: how to draw its parameters and how to apply them. It owns nothing.
 *
 * `init` returns new tensors that belong to the caller; `apply` is pure and differentiable.
 */
export interface Module<Params, Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> {
  init(key: Key): Params;
  apply(params: Params, ...inputs: Inputs): Output;
}
