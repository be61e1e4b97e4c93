import { split } from '../random';
import { tf, type Tensor } from '../tf';
import type { Activation } from './activations';
import type { Module } from './module';

type Layer = Module<any> | Activation; // eslint-disable-line @typescript-eslint/no-explicit-any -- parameters of any type

/** What a plain function has for parameters. */
type NoParams = Readonly<Record<string, never>>;

/** Parameters of each layer; a plain function has none. */
export type SequentialParams<Layers extends readonly Layer[]> = {
  readonly [Index in keyof Layers]: Layers[Index] extends Module<infer Params> ? Params : NoParams;
};

/**
 * Layers one after the other; plain functions of a tensor stand between them.
 *
 * @example
 * const network = sequential(linear({ inputs: 2, outputs: 32 }), gelu, linear({ inputs: 32, outputs: 1 }));
 */
export function sequential<const Layers extends readonly Layer[]>(
  ...layers: Layers
): Module<SequentialParams<Layers>> {
  return {
    init: (key) =>
      split(key, layers.length).map((each, i) => {
        const layer = layers[i]!;
        return typeof layer === 'function' ? {} : (layer.init(each) as unknown);
      }) as unknown as SequentialParams<Layers>,
    apply: (params, x) =>
      layers.reduce<Tensor>(
        (hidden, layer, i) =>
          typeof layer === 'function'
            ? layer(hidden)
            : layer.apply((params as readonly unknown[])[i], hidden),
        x,
      ),
  };
}

/** `x + module(x)`. */
export function residual<Params, Rest extends readonly unknown[]>(
  module: Module<Params, [x: Tensor, ...rest: Rest]>,
): Module<Params, [x: Tensor, ...rest: Rest]> {
  return {
    init: (key) => module.init(key),
    apply: (params, x, ...rest) => tf.add(x, module.apply(params, x, ...rest)),
  };
}
