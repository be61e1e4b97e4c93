import { tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { refinement } from '../../src';
import { trained } from '../support';

/** The variances of four numbers of content and two of a class. */
export const variances = [1, 1, 1, 1, 0.1, 0.1];

/**
 * The exact noise estimate under N(m, diag(variances)), where the condition is an embedding [B, 1] that says where the fifth
 * number's mean is: a denoiser of which every derivative by its embedding is known.
 */
export const embedded: Denoiser<Tensor, Tensor> = {
  predicts: 'epsilon',
  space: tensorSpace,
  predict: (x, t, embedding) =>
    tf.tidy(() => {
      const [alpha, sigma] = [trained.alpha(t), trained.sigma(t)];
      const axis = tf.tensor2d([[0, 0, 0, 0, 1, 0]]);
      const mean = embedding ? tf.matMul(embedding, axis) : tf.zerosLike(x);
      const total = tf.tensor(variances.map((v) => alpha ** 2 * v + sigma ** 2));
      return tf.mul(tf.div(tf.sub(x, tf.mul(mean, alpha)), total), sigma);
    }),
};

export const draw = (seed: number, shape: number[], factor = 1): Tensor =>
  tf.tidy(() => tf.mul(tf.tensor(normal(key(seed), shape), shape), factor));
/** Places of a text in these tests. */
export const places = 5;
/** The edit that changes nothing. */
export const same = refinement(['a', 'b'], ['a', 'b'], { length: places });
