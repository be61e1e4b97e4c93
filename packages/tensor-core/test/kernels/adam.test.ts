import { engine, grad, tf, type Tensor } from '@lab/tensor-core';
import { expect, test } from 'vitest';
import { adamDirection, type AdamCorrections } from '../../src/kernels/adam';
import { distance, spread } from '../support/check';

const coefficients = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

function corrections(correction1: number, correction2: number): AdamCorrections {
  const numbers = { correction1, correction2 };
  return { numbers, scalar: (name) => tf.scalar(numbers[name]) };
}

test.each(['cpu', 'wasm'] as const)(
  'the direction of Adam on %s equals the formula in float64',
  async (prefer) => {
    await engine({ prefer });
    const [g, m, v] = [spread(7, 1), spread(7, 2), spread(7, 3, [0.1, 2])] as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const before = tf.memory().numTensors;
    const inputs = [g, m, v].map((values) => tf.tensor1d(values)) as [Tensor, Tensor, Tensor];
    const found = tf.tidy(
      () =>
        adamDirection(
          inputs[0],
          { first: inputs[1], second: inputs[2] },
          coefficients,
          corrections(0.271, 0.002997),
        ) as never,
    ) as ReturnType<typeof adamDirection>;
    const first = m.map((x, i) => 0.9 * x + 0.1 * (g[i] as number));
    const second = v.map((x, i) => 0.999 * x + 0.001 * (g[i] as number) ** 2);
    const direction = first.map((x, i) => x / 0.271 / (Math.sqrt((second[i] as number) / 0.002997) + 1e-8));
    expect(distance(found.first.dataSync(), first)).toBeLessThan(1e-6);
    expect(distance(found.second.dataSync(), second)).toBeLessThan(1e-6);
    expect(distance(found.direction.dataSync(), direction)).toBeLessThan(1e-6);
    tf.dispose([...inputs, found.first, found.second, found.direction]);
    expect(tf.memory().numTensors).toBe(before);
  },
);

test('can be differentiated through, as meta-learning does', async () => {
  await engine({ prefer: 'wasm' });
  const moments = { first: tf.zeros([1]), second: tf.zeros([1]) };
  // From zero moments and full corrections the direction is g / (|g| + eps): with eps 1, its slope at g = 1 is 1/4.
  const plain = { beta1: 0, beta2: 0, epsilon: 1 };
  const slope = grad((g: Tensor) => tf.sum(adamDirection(g, moments, plain, corrections(1, 1)).direction))(
    tf.tensor1d([1]),
  );
  expect(slope.dataSync()[0]).toBeCloseTo(0.25, 6);
});
