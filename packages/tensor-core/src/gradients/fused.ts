import { fusedKernels, fusedRotate, isKnownZero } from '../kernels/fused';
import { tf, type Tensor } from '../tf';
import { gradient, noGradient } from './registry';

/** Gradients of the kernels that only compiled functions have, written with few passes over memory. */
export function registerFusedGradients(): void {
  gradient<{ approximate: boolean }>(fusedKernels.gelu, {
    inputs: ['x'],
    outputs: [true],
    backward: (dy, saved, { approximate }) => {
      const [x, y] = saved as [Tensor, Tensor];
      return { x: () => tf.mul(dy, approximate ? geluTanhSlope(x, y) : geluSlope(x)) };
    },
  });
  gradient<object, Tensor[]>(fusedKernels.standardize, {
    outputs: [true, true],
    backward: ([dy, dInverse], saved) => ({
      x: () => standardizeBackward(dy as Tensor, dInverse as Tensor, saved as [Tensor, Tensor]),
    }),
  });
  gradient(fusedKernels.maskedSoftmax, {
    inputs: ['open'],
    outputs: [true],
    backward: (dy, [open, y]) => ({
      scores: () => tf.mul(tf.sub(dy, tf.sum(tf.mul(dy, y as Tensor), -1, true)), y as Tensor),
      open: noGradient(open as Tensor),
    }),
  });
  gradient(fusedKernels.logSoftmax, {
    outputs: [true],
    backward: (dy, [y]) => ({
      x: () => tf.sub(dy, tf.mul(tf.exp(y as Tensor), tf.sum(dy, -1, true))),
    }),
  });
  gradient(fusedKernels.rotate, {
    inputs: ['cos', 'sin'],
    backward: (dy, [cos, sin]) => ({
      x: () => fusedRotate(dy, cos as Tensor, tf.neg(sin as Tensor)),
      cos: noGradient(cos as Tensor),
      sin: noGradient(sin as Tensor),
    }),
  });
}

/** `Phi(x) + x phi(x)` with the normal distribution function and density. */
function geluSlope(x: Tensor): Tensor {
  const below = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
  const density = tf.exp(tf.mul(tf.square(x), -0.5));
  return tf.add(below, tf.mul(tf.mul(x, density), 1 / Math.sqrt(2 * Math.PI)));
}

/**
 * The approximation is `y = x h` with `h = sigmoid(w)`, `w = x (a + b x^2)`, since `(1 + tanh(u)) / 2 = sigmoid(2u)`; its
 * slope is `h + y (1 - h) (a + 3 b x^2)`.
 */
function geluTanhSlope(x: Tensor, y: Tensor): Tensor {
  const a = 2 * Math.sqrt(2 / Math.PI);
  const b = 0.044715 * a;
  const squared = tf.square(x);
  const h = tf.sigmoid(tf.mul(x, tf.add(tf.mul(squared, b), a)));
  return tf.add(h, tf.mul(tf.mul(y, tf.sub(1, h)), tf.add(tf.mul(squared, 3 * b), a)));
}

/**
 * With y the standardised values and r the inverse deviation: `dx = r (dy - mean(dy) - y mean(dy y))`, and through r
 * itself `- r^2 y dr / n`.
 */
function standardizeBackward(dy: Tensor, dInverse: Tensor, [y, inverse]: [Tensor, Tensor]): Tensor {
  const along = tf.mean(tf.mul(dy, y), -1, true);
  const shift = tf.mean(dy, -1, true);
  const own = tf.mul(inverse, tf.sub(tf.sub(dy, shift), tf.mul(y, along)));
  // Nothing but a second derivative comes through r: TensorFlow.js passes zeros otherwise.
  if (isKnownZero(dInverse)) return own;
  const size = y.shape.at(-1) as number;
  return tf.sub(own, tf.mul(y, tf.div(tf.mul(dInverse, tf.square(inverse)), size)));
}
