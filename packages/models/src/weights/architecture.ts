import { nestPaths, type Module, type Tensor } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { Weight } from './weight';

/** A published network: a module whose every weight has a published name, shape and layout. */
export interface Architecture<Params, Inputs extends readonly unknown[], Output> extends Module<
  Params,
  Inputs,
  Output
> {
  /** Its weights, in the order in which it was published. */
  readonly weights: readonly Weight[];
  /** Names in published files that are no weights of it: buffers, and copies of weights that are tied. */
  readonly ignored?: RegExp | undefined;
}

/** An architecture of these weights: parameters are the tree of their paths, each drawn with a key of its own. */
export function architecture<Params, Inputs extends readonly unknown[], Output>(
  weights: readonly Weight[],
  apply: (params: Params, ...inputs: Inputs) => Output,
  ignored?: RegExp,
): Architecture<Params, Inputs, Output> {
  return {
    weights,
    ignored,
    init: (key) => drawWeights(weights, key) as Params,
    apply,
  };
}

/** The tree of newly drawn weights, which belongs to the caller. */
function drawWeights(weights: readonly Weight[], key: Key): unknown {
  return nestPaths<Tensor>(
    Object.fromEntries(
      weights.map(({ path, shape, init }, i): [string, Tensor] => [path, init(foldIn(key, i), shape)]),
    ),
  );
}
