import { fusedGelu, fusedLogSoftmax, isFusing } from '../kernels/fused';
import { tf, type Tensor } from '../tf';

/** A function of each entry. */
export type Activation = (x: Tensor) => Tensor;

/** `x Phi(x)` with the normal distribution function Phi (Hendrycks & Gimpel 2016). */
export const gelu: Activation = (x) =>
  isFusing() ? fusedGelu(x, false) : tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

/** The approximation `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2` of {@link gelu}, as GPT-2 and others use it. */
export const geluTanh: Activation = (x) => {
  if (isFusing()) return fusedGelu(x, true);
  const cubic = tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
};

/** `x sigmoid(x)`, also called swish. */
export const silu: Activation = (x) => tf.mul(x, tf.sigmoid(x));

/** `max(x, 0)`. */
export const relu: Activation = (x) => tf.relu(x);

/** Logarithms of the softmax over the last axis, of a sum of exponentials 1. */
export const logSoftmax: Activation = (x) => (isFusing() ? fusedLogSoftmax(x) : tf.logSoftmax(x));
