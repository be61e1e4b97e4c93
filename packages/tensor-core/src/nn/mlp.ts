import { LabError } from '../errors';
import { split } from '../random';
import { relu, type Activation } from './activations';
import type { Initializer } from './initializers';
import { linear, type LinearParams } from './linear';
import type { Module } from './module';

export interface MlpOptions {
  /** Sizes of the last axis from input to output, at least two: `[3, 64, 64, 1]` has two hidden layers. */
  readonly sizes: readonly number[];
  /** Between layers, not after the last. @default relu */
  readonly activation?: Activation;
  /** First values of the weights. @default lecunNormal */
  readonly init?: Initializer;
}

export type MlpParams = { readonly layers: readonly LinearParams[] };

/**
 * Affine layers with an activation between them: [..., sizes[0]] to [..., sizes.at(-1)].
 *
 * @example
 * const network = mlp({ sizes: [2, 64, 64, 1], activation: silu });
 */
export function mlp({ sizes, activation = relu, init }: MlpOptions): Module<MlpParams> {
  if (sizes.length < 2)
    throw new LabError('argument', 'mlp: at least the sizes of input and output are needed', {
      argument: 'sizes',
      received: sizes,
    });
  const layers = sizes
    .slice(1)
    .map((outputs, i) => linear({ inputs: sizes[i]!, outputs, ...(init && { init }) }));
  return {
    init: (key) => ({ layers: split(key, layers.length).map((each, i) => layers[i]!.init(each)) }),
    apply: (params, x) =>
      layers.reduce(
        (hidden, layer, i) => layer.apply(params.layers[i]!, i === 0 ? hidden : activation(hidden)),
        x,
      ),
  };
}
