import type { Array64 } from '@lab/tensor-core/linalg64';
import { minNormStep, strengthAt } from '../projection/min-norm-step';

/** A full-batch problem in double precision, for models whose gradients are known in closed form. */
export interface Problem64 {
  /** Gradients of the outputs on the retained samples, G [N, d]. */
  readonly outputGradients: (theta: Float64Array) => Array64;
  /** Gradient of the retained loss [d]. */
  readonly lossGradient: (theta: Float64Array) => Float64Array;
}

/** One optimiser step on flat parameters; it keeps its own moments, so take a new one for each run. */
export type Optimizer64 = (theta: Float64Array, gradient: Float64Array) => Float64Array;

export const sgd64 =
  (learningRate: number): Optimizer64 =>
  (theta, gradient) =>
    theta.map((value, k) => value - learningRate * gradient[k]!);

/** AdamW with decoupled decay (Loshchilov & Hutter 2019). */
export function adamw64(options: {
  readonly learningRate: number;
  /** @default 0.01 */
  readonly weightDecay?: number;
  /** @default 1e-8 */
  readonly epsilon?: number;
}): Optimizer64 {
  const { learningRate, weightDecay = 0.01, epsilon = 1e-8 } = options;
  let mean: Float64Array | undefined;
  let square: Float64Array | undefined;
  let steps = 0;
  return (theta, gradient) => {
    const [m, v] = [mean ?? new Float64Array(theta.length), square ?? new Float64Array(theta.length)];
    steps += 1;
    mean = m.map((value, k) => 0.9 * value + 0.1 * gradient[k]!);
    square = v.map((value, k) => 0.999 * value + 0.001 * gradient[k]! ** 2);
    const [c1, c2] = [1 - 0.9 ** steps, 1 - 0.999 ** steps];
    return theta.map((value, k) => {
      const direction = mean![k]! / c1 / (Math.sqrt(square![k]! / c2) + epsilon);
      return value * (1 - learningRate * weightDecay) - learningRate * direction;
    });
  };
}

/**
 * Algorithm 1, MinNorm-OG, in float64 with the whole retained set as one batch: at first a shrinking of what is
 * orthogonal to the output gradients, then one optimiser step, `epochs` times.
 */
export async function minNormOG64(
  theta: Float64Array,
  { outputGradients, lossGradient }: Problem64,
  options: {
    readonly epochs: number;
    readonly strength: number;
    readonly strengthDecay: number;
    /** Last epochs without projection. @default 0 */
    readonly gdEpochs?: number;
    /** Epochs from one projection to the next. @default 1 */
    readonly period?: number;
    readonly optimizer: Optimizer64;
  },
): Promise<Float64Array> {
  const { epochs, strength, strengthDecay: decay, gdEpochs = 0, period = 1, optimizer } = options;
  let current = theta;
  for (let t = 0; t < epochs; t++) {
    if (t < epochs - gdEpochs && t % period === 0)
      current = await minNormStep(current, outputGradients(current), {
        strength: strengthAt(t / period, { strength, decay }),
      });
    current = optimizer(current, lossGradient(current));
  }
  return current;
}
