import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { proximalPoint, stepBound, type LinearStyle } from '../lq';
import { differentiableCost } from './differentiable-cost';
import type { DifferentiableCost, TerminalCost } from './types';

/**
 * `|A z - y|^2` of states of d numbers, in float64: the case in which everything about Algorithm 2 has a formula.
 *
 * @throws LabError `shape` when A [k, d] and y [k], or a state [B, ...], do not fit
 */
export function linearCost(style: LinearStyle): TerminalCost<Array64> {
  const [rows, size] = sizesOf(style);
  const { matrix } = style;
  const turned = transpose(matrix);
  return {
    name: 'linear style',
    evaluate(z) {
      const batch = batchOf(z.shape, size);
      const residuals = matmul({ shape: [batch, size], data: z.data }, turned).data.map(
        (value, at) => value - style.style[at % rows]!,
      );
      const costs = new Float64Array(batch);
      residuals.forEach((value, at) => (costs[Math.floor(at / rows)]! += value * value));
      const gradient = matmul({ shape: [batch, rows], data: residuals }, matrix).data.map(
        (value) => 2 * value,
      );
      return { costs, gradient: { shape: z.shape, data: gradient } };
    },
    proximal(x, lambda) {
      const batch = batchOf(x.shape, size);
      const data = new Float64Array(x.data.length);
      for (let b = 0; b < batch; b++)
        data.set(proximalPoint(x.data.subarray(b * size, (b + 1) * size), { ...style, lambda }), b * size);
      return { shape: x.shape, data };
    },
    stepBound: (lambda) => stepBound(matrix, lambda),
  };
}

/** The same on tensors, differentiable through a denoiser. */
export function linearTensorCost(style: LinearStyle): DifferentiableCost {
  const [rows, size] = sizesOf(style);
  const turned = Float32Array.from(transpose(style.matrix).data);
  const cost = differentiableCost('linear style', (z: Tensor) => {
    const flat = tf.reshape(z, [batchOf(z.shape, size), size]);
    const seen = tf.matMul(flat, tf.tensor2d(turned, [size, rows]));
    return tf.sum(tf.square(tf.sub(seen, tf.tensor1d(Float32Array.from(style.style)))), 1);
  });
  return { ...cost, stepBound: (lambda) => stepBound(style.matrix, lambda) };
}

function sizesOf({ matrix, style }: LinearStyle): [rows: number, size: number] {
  const [rows = 0, size = 0] = matrix.shape;
  if (matrix.shape.length !== 2 || rows !== style.length || rows === 0)
    throw new LabError('shape', 'a linear style is A [k, d] and y [k]', {
      expected: [style.length, 'd'],
      received: matrix.shape,
    });
  return [rows, size];
}

function batchOf(shape: readonly number[], size: number): number {
  const total = shape.reduce((product, each) => product * each, 1);
  if (total !== shape[0]! * size)
    throw new LabError('shape', 'the style is one of samples of another size', {
      expected: `[batch, ...] with ${size} entries a sample`,
      received: shape,
    });
  return shape[0]!;
}
