import type { Key } from '../random';
import { tf, type Tensor } from '../tf';
import { matMulWeight } from './adapted-weight';
import { lecunNormal, type Initializer } from './initializers';
import type { Module } from './module';
import { assertShape, assertSizes } from './validate';

export interface LinearOptions {
  /** Size of the last axis of the input. */
  readonly inputs: number;
  /** Size of the last axis of the output. */
  readonly outputs: number;
  /** @default true */
  readonly bias?: boolean;
  /** First values of the weight; a bias starts at zero. @default lecunNormal */
  readonly init?: Initializer;
}

/** `weight` [inputs, outputs], `bias` [outputs]. */
export type LinearParams = { readonly weight: Tensor; readonly bias?: Tensor };

/**
 * An affine map of the last axis: [..., inputs] to [..., outputs].
 *
 * @example
 * const layer = linear({ inputs: 3, outputs: 8 });
 * const y = layer.apply(layer.init(key(0)), tf.ones([5, 3])); // [5, 8]
 */
export function linear({
  inputs,
  outputs,
  bias = true,
  init = lecunNormal,
}: LinearOptions): Module<LinearParams> {
  assertSizes('linear', { inputs, outputs });
  return {
    init: (key: Key) => ({
      weight: init(key, [inputs, outputs]),
      ...(bias && { bias: tf.zeros([outputs]) }),
    }),
    apply(params, x) {
      assertShape('linear', x, ['...', inputs]);
      // One plain product: with further axes the engine would take one product an entry of them.
      const rows = x.rank === 2 ? x : tf.reshape(x, [x.size / inputs, inputs]);
      const product = matMulWeight(rows, params.weight);
      const y = params.bias ? tf.add(product, params.bias) : product;
      return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
    },
  };
}
