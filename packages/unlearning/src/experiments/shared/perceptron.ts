import { mlp, randomUniform, relu, type Activation, type MlpParams, type Tensor } from '@lab/tensor-core';
import { split, type Key } from '@lab/tensor-core/random';
import type { UnlearnModel } from '../../model/types';

export interface Perceptron<Params = MlpParams> extends UnlearnModel<Params> {
  apply(params: Params, x: Tensor): Tensor;
  init(key: Key): Params;
}

/** Affine layers whose weights and biases start uniform in +-1 / sqrt(inputs), as the paper's networks do. */
export function perceptron(sizes: readonly number[], activation: Activation = relu): Perceptron {
  const network = mlp({ sizes, activation });
  return {
    apply: (params, x) => network.apply(params, x),
    init: (key) => ({
      layers: split(key, sizes.length - 1).map((each, i) => {
        const [inputs, outputs] = [sizes[i]!, sizes[i + 1]!];
        const [forWeight, forBias] = split(each) as [Key, Key];
        const high = 1 / Math.sqrt(inputs);
        return {
          weight: randomUniform(forWeight, [inputs, outputs], { low: -high, high }),
          bias: randomUniform(forBias, [outputs], { low: -high, high }),
        };
      }),
    }),
  };
}
