import type { TensorInfo } from '@tensorflow/tfjs-core';
import { tf, type Tensor } from '../tf';
import { wasmKernel } from './registry';
import { heapFloats } from './wasm-backend';

export interface AdamCoefficients {
  /** Decay of the first moment. */
  readonly beta1: number;
  /** Decay of the second moment. */
  readonly beta2: number;
  readonly epsilon: number;
}

type Correction = 'correction1' | 'correction2';

/** `1 - beta1^t` and `1 - beta2^t` at step t, which take the moments' bias away: as numbers, and as tensors. */
export interface AdamCorrections {
  readonly numbers: Readonly<Record<Correction, number>>;
  readonly scalar: (name: Correction) => Tensor;
}

export interface AdamMoments {
  readonly first: Tensor;
  readonly second: Tensor;
}

const kernelName = 'LabAdam';

/**
 * The moments of Adam after a gradient, and the direction `m / (sqrt(v) + epsilon)` with both moments corrected for
 * their bias. On the WebAssembly engine it is one pass over memory instead of a dozen ops, unless a derivative is being
 * taken through it.
 *
 * @returns three new tensors of the gradient's shape
 * @see Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1
 */
export function adamDirection(
  gradient: Tensor,
  moments: AdamMoments,
  coefficients: AdamCoefficients,
  { numbers, scalar }: AdamCorrections,
): AdamMoments & { readonly direction: Tensor } {
  const { gradientDepth } = tf.engine().state;
  if (gradientDepth > 0 || tf.getBackend() !== 'wasm') return byOps(gradient, moments, coefficients, scalar);
  const inputs = { gradient, first: moments.first, second: moments.second };
  const [direction, first, second] = tf
    .engine()
    .runKernel(kernelName, inputs, { ...coefficients, ...numbers }) as unknown as [Tensor, Tensor, Tensor];
  return { direction, first, second };
}

function byOps(
  gradient: Tensor,
  moments: AdamMoments,
  { beta1, beta2, epsilon }: AdamCoefficients,
  scalar: AdamCorrections['scalar'],
): AdamMoments & { readonly direction: Tensor } {
  return tf.tidy(() => {
    const first = tf.add(tf.mul(moments.first, beta1), tf.mul(gradient, 1 - beta1));
    const second = tf.add(tf.mul(moments.second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    // m / c1 / (sqrt(v / c2) + eps) with both corrections taken out of the passes over all entries.
    const root = tf.sqrt(scalar('correction2'));
    const size = tf.add(tf.sqrt(second), tf.mul(root, epsilon));
    const direction = tf.div(tf.mul(first, tf.div(root, scalar('correction1'))), size);
    return { first, second, direction };
  });
}

export function registerAdam(): void {
  wasmKernel<
    Record<'gradient' | 'first' | 'second', TensorInfo>,
    AdamCoefficients & AdamCorrections['numbers']
  >(kernelName, ({ backend, inputs: { gradient, first, second }, attrs }) => {
    const outputs = [0, 1, 2].map(() => backend.makeOutput([...gradient.shape], 'float32'));
    const [g, m, v] = [gradient, first, second].map((x) => heapFloats(backend, x)) as Triple;
    const [direction, nextM, nextV] = outputs.map((x) => heapFloats(backend, x)) as Triple;
    const { beta1, beta2, epsilon } = attrs;
    const [rest1, rest2] = [1 - beta1, 1 - beta2];
    const [scale1, scale2] = [1 / attrs.correction1, 1 / attrs.correction2];
    for (let i = 0; i < g.length; i++) {
      const slope = g[i] as number;
      const mean = beta1 * (m[i] as number) + rest1 * slope;
      const square = beta2 * (v[i] as number) + rest2 * slope * slope;
      nextM[i] = mean;
      nextV[i] = square;
      direction[i] = (mean * scale1) / (Math.sqrt(square * scale2) + epsilon);
    }
    return outputs;
  });
}

type Triple = [Float32Array, Float32Array, Float32Array];
