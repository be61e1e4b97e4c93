import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { tf, type Tensor } from '../tf';

type Backward = Record<string, () => Tensor> | (() => Tensor)[];

export interface Gradient<Attrs, Dy> {
  /** Names of the inputs that `backward` gets, in this order; or all of them, for kernels that take a list. */
  readonly inputs?: readonly string[] | 'all';
  /** For each output whether `backward` gets it, after the inputs. */
  readonly outputs?: readonly boolean[];
  /** From the cotangent to a function for each input that gives its cotangent. */
  readonly backward: (dy: Dy, saved: readonly Tensor[], attrs: Attrs) => Backward;
}

/** Registers the gradient of a kernel, on every engine, in place of TensorFlow.js's own. */
export function gradient<Attrs = object, Dy = Tensor>(
  kernelName: string,
  { inputs = [], outputs = [], backward }: Gradient<Attrs, Dy>,
): void {
  tf.registerGradient({
    kernelName,
    ...(inputs === 'all' ? { saveAllInputs: true } : { inputsToSave: [...inputs] }),
    outputsToSave: [...outputs],
    gradFunc: (dy, saved, attrs) => backward(dy as Dy, saved, attrs as Attrs) as Record<string, () => Tensor>,
  });
}

/** Runs a kernel that has no op, on the tape. */
export function runKernel(name: string, inputs: Record<string, Tensor>, attrs: object): Tensor {
  return tf.engine().runKernel<Tensor>(name, inputs, attrs as NamedAttrMap);
}

/** For an input through which nothing can be differentiated, such as indices. */
export function noGradient(x: Tensor): () => Tensor {
  return () => tf.zeros(x.shape);
}

/** Sums a tensor over the axes along which a tensor of `shape` was broadcast. */
export function sumTo(x: Tensor, shape: number[]): Tensor {
  if (tf.util.arraysEqual(x.shape, shape)) return x;
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return tf.reshape(axes.length === 0 ? x : tf.sum(x, axes), shape);
}
