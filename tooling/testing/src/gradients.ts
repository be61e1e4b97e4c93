import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { compareNumbers } from './allclose';
import { flatNumbers, type Numeric } from './values';

export interface GradientCheckOptions {
  /**
   * The same function in float64 on flat row-major inputs: finite differences are then exact to about 1e-9. Without
   * it `fn` itself is differenced in float32, good to about 1e-3.
   */
  readonly reference?: (...inputs: Float64Array[]) => Numeric;
  /** Step of the difference quotient, relative to `max(1, |x|)`. @default 1e-2 in float32, 1e-4 with a reference */
  readonly step?: number;
  /** @default 2e-3 in float32, 1e-4 with a reference */
  readonly rtol?: number;
  /** @default 2e-3 in float32, 1e-5 with a reference */
  readonly atol?: number;
}

/**
 * Compares TensorFlow.js's gradient of `fn` with a fourth-order finite difference, for every entry of every input.
 * A tensor-valued `fn` is contracted with fixed uneven weights, so errors that cancel in a plain sum still show.
 *
 * @param fn pure function of its tensors; the inputs stay the caller's
 */
export function checkGradients(
  fn: (...inputs: any[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options: GradientCheckOptions = {},
): void {
  const { reference } = options;
  const { step, rtol, atol } = {
    ...(reference ? { step: 1e-4, rtol: 1e-4, atol: 1e-5 } : { step: 1e-2, rtol: 2e-3, atol: 2e-3 }),
    ...options,
  };
  const values = inputs.map((input) => Float64Array.from(input.dataSync()));
  const contract = (y: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < y.length; i++) sum += weight(i) * y[i]!;
    return sum;
  };
  const evaluate = reference
    ? (at: Float64Array[]) => contract(flatNumbers(reference(...at)).data)
    : (at: Float64Array[]) => contract(run(fn, inputs, at));

  if (reference) {
    const forward = compareNumbers(run(fn, inputs, values), flatNumbers(reference(...values)).data, {
      rtol: 1e-4,
      atol: 1e-5,
    });
    expect(forward.pass, `forward value against the reference: ${forward.detail}`).toBe(true);
  }

  const gradients = tf.tidy(() =>
    tf.grads((...xs: tf.Tensor[]) => {
      const y = fn(...xs);
      const weights = tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => weight(i)),
        y.shape,
      );
      return tf.sum(tf.mul(tf.cast(y, 'float32'), weights));
    })([...inputs]),
  );
  try {
    gradients.forEach((gradient, which) => {
      const numeric = new Float64Array(values[which]!.length);
      for (let i = 0; i < numeric.length; i++) numeric[i] = difference(evaluate, values, which, i, step);
      const { pass, detail } = compareNumbers(gradient.dataSync(), numeric, { rtol, atol });
      expect(pass, `gradient for input ${which} ([${inputs[which]!.shape.join()}]): ${detail}`).toBe(true);
    });
  } finally {
    tf.dispose(gradients);
  }
}

/** Uneven and of both signs, never 0. */
const weight = (index: number): number => 1.25 + Math.sin(1.7 * index + 0.4) * (index % 2 === 0 ? 1 : -2);

function run(fn: (...inputs: any[]) => tf.Tensor, like: readonly tf.Tensor[], at: readonly Float64Array[]) {
  const y = tf.tidy(() => fn(...at.map((x, i) => tf.tensor(Float32Array.from(x), like[i]!.shape))));
  const data = y.dataSync();
  y.dispose();
  return data;
}

function difference(
  evaluate: (at: Float64Array[]) => number,
  values: readonly Float64Array[],
  which: number,
  index: number,
  step: number,
): number {
  const h = step * Math.max(1, Math.abs(values[which]![index]!));
  const moved = (by: number): number =>
    evaluate(
      values.map((x, i) => {
        if (i !== which) return x;
        const copy = Float64Array.from(x);
        copy[index] = copy[index]! + by;
        return copy;
      }),
    );
  return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
}
