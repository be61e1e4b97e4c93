import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkGradients, expectNoLeak, liveTensors } from '../src';

/** x^2 with a gradient of `factor * x`: right for 2, wrong otherwise. No entry of the gradient table is used. */
const square = (factor: number) =>
  tf.customGrad((x, save) => {
    (save as (tensors: tf.Tensor[]) => void)([x as tf.Tensor]);
    return {
      value: tf.square(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.mul(factor, saved[0]!)),
    };
  });

beforeAll(() => {
  tf.registerGradient({
    kernelName: tf.Sum,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({ x: () => tf.mul(dy as tf.Scalar, tf.onesLike(saved[0]!)) }),
  });
  tf.registerGradient({
    kernelName: tf.Multiply,
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved) => ({
      a: () => tf.mul(dy as tf.Tensor, saved[1]!),
      b: () => tf.mul(dy as tf.Tensor, saved[0]!),
    }),
  });
  tf.registerGradient({ kernelName: tf.Cast, gradFunc: (dy) => ({ x: () => tf.clone(dy as tf.Tensor) }) });
});

describe('checkGradients', () => {
  const inputs = () => [tf.tensor2d([1, -2, 0.5, 3], [2, 2])];
  const reference = (x: Float64Array) => x.map((each) => each * each);

  test('accepts a right gradient, frees what it made', async () => {
    const xs = inputs();
    await expectNoLeak(() => checkGradients(square(2), xs));
    await expectNoLeak(() => checkGradients(square(2), xs, { reference }));
    tf.dispose(xs);
  });

  test('refuses a wrong gradient', () => {
    const xs = inputs();
    expect(() => checkGradients(square(2.1), xs)).toThrow(/gradient for input 0 \(\[2,2\]\)/);
    expect(() => checkGradients(square(2.001), xs, { reference })).toThrow(/gradient for input 0/);
    tf.dispose(xs);
  });

  test('refuses a reference that is another function', () => {
    const xs = inputs();
    expect(() =>
      checkGradients(square(2), xs, { reference: (x) => x.map((each) => each * each + 0.01) }),
    ).toThrow(/forward value/);
    tf.dispose(xs);
  });
});

describe('expectNoLeak', () => {
  test('fails for a tensor left alive and passes what the function returns', async () => {
    const before = liveTensors();
    let leaked: tf.Tensor | undefined;
    await expect(
      expectNoLeak(() => {
        leaked = tf.zeros([2]);
      }),
    ).rejects.toThrow(/tensors left alive/);
    leaked?.dispose();
    expect(liveTensors()).toBe(before);
    const kept = await expectNoLeak(() => tf.zeros([2]), { kept: 1 });
    await expect(expectNoLeak(() => kept.dispose())).rejects.toThrow(/tensors left alive/);
    expect(await expectNoLeak(async () => 7)).toBe(7);
  });
});
