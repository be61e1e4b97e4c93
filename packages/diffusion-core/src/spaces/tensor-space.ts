import { LabError } from '@lab/tensor-core/errors';
import type { Tensor } from '@lab/tensor-core';
import { tf } from '@lab/tensor-core';
import { normal } from '@lab/tensor-core/random';
import type { Space } from '../types';
import { assertSameShape } from './same-shape';

/** States as float32 tensors on the current engine; every operation is differentiable. */
export const tensorSpace: Space<Tensor> = {
  name: 'tensor',

  combine(terms) {
    const first = terms[0];
    if (first === undefined) throw new LabError('argument', 'combine needs at least one term');
    assertSameShape(terms.map(([, x]) => x.shape));
    return tf.tidy(() => {
      const scaled = terms
        .filter(([coefficient]) => coefficient !== 0)
        .map(([coefficient, x]) => (coefficient === 1 ? x : tf.mul(x, coefficient)));
      if (scaled.length === 0) return tf.zerosLike(first[1]);
      return scaled.length === 1 ? tf.clone(scaled[0]!) : scaled.reduce((sum, x) => tf.add(sum, x));
    });
  },

  clamp: (x, low, high) => tf.clipByValue(x, low, high),

  normal: (key, shape) => tf.tensor(normal(key, shape), [...shape], 'float32'),

  shape: (x) => x.shape,

  async isFinite(x) {
    // 0 * x is 0 where x is finite and NaN elsewhere, so one scalar tells without reading the whole state.
    const total = tf.tidy(() => tf.sum(tf.mul(x, 0)));
    try {
      return (await total.data())[0] === 0;
    } finally {
      total.dispose();
    }
  },

  dispose: (x) => x.dispose(),
};
