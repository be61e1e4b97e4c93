import { randomNormal, tf } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import { sumOf } from '../model/losses';
import { assertWeight } from './settings';
import type { UnlearnMethod } from './types';

/** Fresh parameters, trained on the retained data: what the others are measured by. */
export function retrain(): UnlearnMethod {
  return { name: 'retrain', needs: { init: true }, loss: ({ retain }) => retain() };
}

/** GD: goes on with the loss on the retained data. */
export function gradientDescent(): UnlearnMethod {
  return { name: 'gradientDescent', needs: {}, loss: ({ retain }) => retain() };
}

/** GA: climbs the loss on the data to forget. Diverges easily. */
export function gradientAscent(): UnlearnMethod {
  return { name: 'gradientAscent', needs: { forget: true }, loss: ({ forget }) => tf.neg(forget()) };
}

/** NGP (NegGrad+): J_r - forgetWeight J_f. */
export function negGradPlus({ forgetWeight = 0.01 }: { readonly forgetWeight?: number } = {}): UnlearnMethod {
  assertWeight('negGradPlus', { forgetWeight });
  return {
    name: 'negGradPlus',
    needs: { forget: true },
    weights: () => ({ forgetWeight }),
    loss: ({ retain, forget }, weights) => tf.sub(retain(), tf.mul(weights.forgetWeight!, forget())),
  };
}

/** NGD: descent with N(0, sigma^2) added to every entry of the gradient before the optimiser sees it. */
export function noisyGradientDescent({ sigma = 0.1 }: { readonly sigma?: number } = {}): UnlearnMethod {
  assertWeight('noisyGradientDescent', { sigma });
  return {
    name: 'noisyGradientDescent',
    needs: {},
    weights: () => ({ sigma }),
    // The gradient of <noise, params> is the noise.
    loss({ retain, params, key }, weights) {
      const leaves = Object.keys(params).sort();
      const noise = leaves.map((path, i) =>
        tf.sum(tf.mul(params[path]!, randomNormal(foldIn(key, i), params[path]!.shape))),
      );
      return tf.add(retain(), tf.mul(weights.sigma!, sumOf(noise)));
    },
  };
}
