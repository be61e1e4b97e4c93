import { tf } from '@lab/tensor-core';
import type { LinearOperator } from './types';

/** A = I: what is measured is the image and noise alone. */
export function denoising(): LinearOperator {
  return {
    name: 'denoising',
    measurementShape: (image) => image,
    forward: (x) => tf.clone(x),
    adjoint: (y) => tf.clone(y),
    initFrom: (y) => tf.clone(y),
  };
}
