import { splatOf } from '../compile/graph/graph';
import type { TraceBackend } from '../compile/trace/trace-backend';
import { traceEngine } from '../engine/trace-name';
import { tf, type Tensor } from '../tf';

/*
 * Kernels that exist only while a function is traced. ONNX Runtime computes each in one pass over memory, where the ops
 * that it stands for take many; on other engines those ops are what runs.
 */

export const fusedKernels = {
  gelu: 'LabGelu',
  standardize: 'LabStandardize',
  maskedSoftmax: 'LabMaskedSoftmax',
  logSoftmax: 'LabLogSoftmax',
  rotate: 'LabRotate',
} as const;

/** Whether fused kernels are to be used: their gradients are registered with the others. */
export function isFusing(): boolean {
  return tf.getBackend() === traceEngine;
}

/** Whether a tensor of the function that is being traced is zeros, whatever its inputs are. */
export function isKnownZero(x: Tensor): boolean {
  const { backend } = tf.engine() as unknown as { readonly backend: TraceBackend };
  return isFusing() && splatOf(backend.lookUp(x)) === 0;
}

/** `x Phi(x)`, or its approximation by a hyperbolic tangent. */
export function fusedGelu(x: Tensor, approximate: boolean): Tensor {
  return tf.engine().runKernel<Tensor>(fusedKernels.gelu, { x }, { approximate });
}

/** Mean 0 and variance 1 over the last axis; and the inverse of the standard deviation, with the axis kept. */
export function fusedStandardize(x: Tensor, epsilon: number): Tensor {
  const [y] = tf.engine().runKernel(fusedKernels.standardize, { x }, { epsilon }) as unknown as [
    Tensor,
    Tensor,
  ];
  return y;
}

/** Softmax over the last axis of what is open (1, others 0; broadcast), exactly 0 elsewhere; zeros where nothing is. */
export function fusedMaskedSoftmax(scores: Tensor, open: Tensor): Tensor {
  return tf.engine().runKernel<Tensor>(fusedKernels.maskedSoftmax, { scores, open }, {});
}

/** Logarithms of the softmax over the last axis. */
export function fusedLogSoftmax(x: Tensor): Tensor {
  return tf.engine().runKernel<Tensor>(fusedKernels.logSoftmax, { x }, {});
}

/**
 * Turns entry i together with entry i + width / 2 of rows [..., length, width] by angles whose cosines and sines are
 * [length, width / 2].
 */
export function fusedRotate(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  return tf.engine().runKernel<Tensor>(fusedKernels.rotate, { x, cos, sin }, {});
}
