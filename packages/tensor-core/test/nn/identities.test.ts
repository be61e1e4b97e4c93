import {
  attend,
  attention,
  conv1d,
  conv2d,
  disposeTree,
  embedding,
  engine,
  gelu,
  geluTanh,
  groupNorm,
  layerNorm,
  linear,
  mlp,
  randomNormal,
  residual,
  rmsNorm,
  rotary,
  sequential,
  sinusoidalEmbedding,
  tf,
  timeEmbedding,
  treePaths,
  type Tensor,
} from '@lab/tensor-core';
import { key, split, type Key } from '@lab/tensor-core/random';
import { checkGradients, expectNoLeak } from '@lab/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

const draw = (seed: number, ...shape: number[]): Tensor => randomNormal(key(seed), shape);
const close = { rtol: 1e-4, atol: 2e-5 };
/** Compares two expressions, freeing what they make. */
function equal(left: () => Tensor, right: () => Tensor, tolerance = close): void {
  tf.tidy(() => {
    expect(left()).toBeAllclose(right(), tolerance);
  });
}

describe('attention', () => {
  test('one key: its value, whatever the query', () => {
    equal(
      () => attend(draw(0, 2, 5, 4), draw(1, 2, 1, 4), draw(2, 2, 1, 3)),
      () => tf.tile(draw(2, 2, 1, 3), [1, 5, 1]),
    );
  });

  test('equal keys: the mean of the values', () => {
    equal(
      () => attend(draw(0, 2, 5, 4), tf.tile(draw(1, 2, 1, 4), [1, 6, 1]), draw(2, 2, 6, 3)),
      () => tf.tile(tf.mean(draw(2, 2, 6, 3), 1, true), [1, 5, 1]),
    );
  });

  test('weights pass through what drops them, masked, causal or neither', () => {
    const [q, k, v] = [draw(0, 1, 4, 3), draw(1, 1, 4, 3), draw(2, 1, 4, 2)];
    const doubled = (weights: Tensor): Tensor => tf.mul(weights, 2);
    for (const options of [{}, { causal: true }, { mask: tf.tensor1d([1, 0, 1, 1]) }])
      equal(
        () => attend(q, k, v, { ...options, mapWeights: doubled }),
        () => tf.mul(attend(q, k, v, options), 2),
      );
  });

  test('the order of keys does not count', () => {
    equal(
      () => attend(draw(0, 1, 5, 4), draw(1, 1, 6, 4), draw(2, 1, 6, 3)),
      () => attend(draw(0, 1, 5, 4), tf.reverse(draw(1, 1, 6, 4), 1), tf.reverse(draw(2, 1, 6, 3), 1)),
    );
  });

  test('causal: what comes later does not reach back', () =>
    expectNoLeak(() => {
      const layer = attention({ width: 8, heads: 2, causal: true, rotary: {} });
      const params = layer.init(key(0));
      const x = draw(1, 2, 6, 8);
      equal(
        () => tf.slice(layer.apply(params, x), [0, 0, 0], [2, 4, 8]),
        () => layer.apply(params, tf.slice(x, [0, 0, 0], [2, 4, 8])),
      );
      disposeTree([params, x]);
    }));

  test('a masked place does not count, a row that sees nothing gets zeros', () => {
    const [q, k, v] = [draw(0, 1, 3, 4), draw(1, 1, 4, 4), draw(2, 1, 4, 2)];
    equal(
      () => attend(q, k, v, { mask: tf.tensor1d([1, 1, 0, 0]) }),
      () => attend(q, tf.slice(k, 0, [1, 2, 4]), tf.slice(v, 0, [1, 2, 2])),
    );
    equal(
      () => attend(q, k, v, { mask: tf.zeros([3, 4], 'bool') }),
      () => tf.zeros([1, 3, 2]),
    );
    disposeTree([q, k, v]);
  });

  test('padding leaves the batch entries that have none alone', () =>
    expectNoLeak(() => {
      const layer = attention({ width: 4, heads: 1 });
      const params = layer.init(key(0));
      const x = draw(1, 2, 3, 4);
      const mask = tf.tensor2d([1, 1, 1, 1, 0, 1], [2, 3]);
      equal(
        () => tf.slice(layer.apply(params, x, { mask }), 0, 1),
        () => layer.apply(params, tf.slice(x, 0, 1)),
      );
      disposeTree([params, x, mask]);
    }));

  test('gradients, by finite differences', () => {
    const inputs = [draw(0, 1, 3, 2), draw(1, 1, 3, 2), draw(2, 1, 3, 2)];
    checkGradients((q, k, v) => attend(q, k, v, { causal: true }), inputs);
    disposeTree(inputs);
  });
});

describe('rotary positions', () => {
  test('an inner product depends on the distance of the places alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 9 }), (shift, seed) => {
        const products = (offset: number): Tensor => {
          const q = rotary(draw(seed, 5, 8), { offset });
          const k = rotary(draw(seed + 100, 5, 8), { offset });
          return tf.matMul(q, k, false, true);
        };
        equal(
          () => products(shift),
          () => products(0),
          { rtol: 1e-3, atol: 1e-3 },
        );
      }),
      { numRuns: 20 },
    );
  });

  test('lengths stay, the first place is not turned, the slowest pair turns by 1 / base^(1 - 2 / width)', () => {
    equal(
      () => tf.norm(rotary(draw(0, 7, 6)), 2, 1),
      () => tf.norm(draw(0, 7, 6), 2, 1),
    );
    equal(
      () => tf.slice(rotary(draw(0, 7, 6)), 0, 1),
      () => tf.slice(draw(0, 7, 6), 0, 1),
    );
    equal(
      () => rotary(tf.tensor2d([0, 1, 0, 0], [1, 4]), { offset: 3, base: 100 }),
      () => tf.tensor2d([0, Math.cos(0.3), 0, Math.sin(0.3)], [1, 4]),
    );
  });
});

describe('normalisation', () => {
  const x = draw(0, 3, 6, 8);
  const shifted = () => tf.add(tf.mul(x, 3.5), 11);

  test('layerNorm: neither shift nor scale of a row counts; mean 0, variance 1', () => {
    const layer = layerNorm({ size: 8 });
    const params = layer.init(key(0));
    equal(
      () => layer.apply(params, shifted()),
      () => layer.apply(params, x),
      { rtol: 1e-3, atol: 1e-4 },
    );
    equal(
      () => tf.moments(layer.apply(params, x), -1).mean,
      () => tf.zeros([3, 6]),
    );
    equal(
      () => tf.moments(layer.apply(params, x), -1).variance,
      () => tf.ones([3, 6]),
      { rtol: 1e-3, atol: 0 },
    );
    disposeTree(params);
  });

  test('rmsNorm: the scale of a row does not count; root mean square 1', () => {
    const layer = rmsNorm({ size: 8 });
    const params = layer.init(key(0));
    equal(
      () => layer.apply(params, tf.mul(x, 3.5)),
      () => layer.apply(params, x),
      { rtol: 1e-3, atol: 1e-4 },
    );
    equal(
      () => tf.mean(tf.square(layer.apply(params, x)), -1),
      () => tf.ones([3, 6]),
      { rtol: 1e-3, atol: 0 },
    );
    disposeTree(params);
  });

  test('groupNorm: a group a channel looks at its places alone, one group at all', () => {
    const [each, all] = [groupNorm({ channels: 8, groups: 8 }), groupNorm({ channels: 8, groups: 1 })];
    const params = each.init(key(0));
    equal(
      () => tf.moments(each.apply(params, x), 1).mean,
      () => tf.zeros([3, 8]),
    );
    equal(
      () => tf.moments(all.apply(params, x), [1, 2]).mean,
      () => tf.zeros([3]),
    );
    equal(
      () => each.apply(params, tf.mul(x, tf.range(1, 9))),
      () => each.apply(params, x),
      {
        rtol: 1e-3,
        atol: 1e-3,
      },
    );
    disposeTree(params);
  });
});

describe('other layers', () => {
  test('a convolution of size 1 is an affine map of each place', () => {
    const affine = linear({ inputs: 2, outputs: 5 });
    const { weight, bias } = affine.init(key(0));
    const params = { weight: weight, bias: bias! };
    equal(
      () =>
        conv1d({ inputs: 2, outputs: 5, size: 1 }).apply(
          { ...params, weight: tf.reshape(weight, [1, 2, 5]) },
          draw(1, 3, 7, 2),
        ),
      () => affine.apply(params, draw(1, 3, 7, 2)),
    );
    equal(
      () =>
        conv2d({ inputs: 2, outputs: 5, size: 1 }).apply(
          { ...params, weight: tf.reshape(weight, [1, 1, 2, 5]) },
          draw(1, 3, 4, 4, 2),
        ),
      () => affine.apply(params, draw(1, 3, 4, 4, 2)),
    );
    disposeTree(params);
  });

  test('a convolution moves with its input', () => {
    const layer = conv1d({ inputs: 1, outputs: 2, size: 3 });
    const params = layer.init(key(0));
    const pulse = (at: number): Tensor => tf.reshape(tf.oneHot(tf.scalar(at, 'int32'), 9), [1, 9, 1]);
    equal(
      () => tf.slice(layer.apply(params, tf.cast(pulse(4), 'float32')), [0, 2, 0], [1, 5, 2]),
      () => tf.slice(layer.apply(params, tf.cast(pulse(5), 'float32')), [0, 3, 0], [1, 5, 2]),
    );
    disposeTree(params);
  });

  test('an embedding picks rows', () => {
    const layer = embedding({ count: 5, width: 3 });
    const params = layer.init(key(0));
    equal(
      () => layer.apply(params, tf.tensor1d([4, 0, 4], 'int32')),
      () => tf.matMul(tf.cast(tf.oneHot(tf.tensor1d([4, 0, 4], 'int32'), 5), 'float32'), params.weight),
    );
    disposeTree(params);
  });

  test('gelu: x Phi(x) at known places; its tanh form is within 5e-4', () => {
    // Phi(1) = 0.8413447460685429, Phi(2) = 0.9772498680518208
    equal(
      () => gelu(tf.tensor1d([-1, 0, 1, 2])),
      () => tf.tensor1d([-0.1586552539314571, 0, 0.8413447460685429, 1.9544997361036416]),
    );
    equal(
      () => geluTanh(tf.linspace(-5, 5, 101)),
      () => gelu(tf.linspace(-5, 5, 101)),
      { rtol: 0, atol: 5e-4 },
    );
  });

  test('a sinusoidal embedding is the first row of ones at time 0, and tells times apart', () => {
    equal(
      () => sinusoidalEmbedding(tf.tensor1d([0]), { width: 6 }),
      () => tf.tensor2d([[0, 0, 0, 1, 1, 1]]),
    );
    const layer = timeEmbedding({ width: 8 });
    const params = layer.init(key(0));
    tf.tidy(() => {
      const y = layer.apply(params, tf.tensor1d([0.1, 0.1001, 0.9]));
      const distance = (i: number): number =>
        tf.norm(tf.sub(tf.slice(y, 0, 1), tf.slice(y, i, 1))).dataSync()[0]!;
      expect(y.shape).toEqual([3, 8]);
      expect(distance(1)).toBeGreaterThan(1e-3);
      expect(distance(2)).toBeGreaterThan(distance(1));
    });
    disposeTree(params);
  });

  test('layers compose; a residual around zero is the identity', () =>
    expectNoLeak(() => {
      const inner = linear({ inputs: 3, outputs: 3 });
      const network = sequential(inner, gelu, linear({ inputs: 3, outputs: 2, bias: false }));
      const params = network.init(key(0));
      expect(treePaths(params)).toEqual(['0.bias', '0.weight', '2.weight']);
      const x = draw(1, 4, 3);
      equal(
        () => network.apply(params, x),
        () => tf.matMul(gelu(inner.apply(params[0], x)), params[2].weight),
      );
      const zero = { weight: tf.zeros([3, 3]), bias: tf.zeros([3]) };
      equal(
        () => residual(inner).apply(zero, x),
        () => x,
        { rtol: 0, atol: 0 },
      );
      disposeTree([params, x, zero]);
    }));

  test('a network of one layer without an activation is its layer', () => {
    const network = mlp({ sizes: [3, 2] });
    const params = network.init(key(0));
    equal(
      () => network.apply(params, draw(1, 4, 3)),
      () => linear({ inputs: 3, outputs: 2 }).apply(params.layers[0]!, draw(1, 4, 3)),
    );
    disposeTree(params);
  });

  test('keys decide: equal keys draw equal layers, the layers of one network differ', () => {
    const network = mlp({ sizes: [3, 3, 3] });
    const [a, b] = split(key(0)) as [Key, Key];
    const drawn = [a, a, b].map((each) => network.init(each).layers.map(({ weight }) => weight));
    equal(
      () => drawn[0]![0]!,
      () => drawn[1]![0]!,
      { rtol: 0, atol: 0 },
    );
    const [first, second] = [drawn[0]![0]!.dataSync(), drawn[0]![1]!.dataSync()];
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(drawn[2]![0]!.dataSync());
  });
});

describe('what does not fit is refused', () => {
  const at = key(0);
  const cases: [RegExp, () => unknown][] = [
    [
      /linear: .*expected: \[...,3\]; received: \[2,4\]/,
      () => linear({ inputs: 3, outputs: 1 }).apply({ weight: tf.zeros([3, 1]) }, tf.zeros([2, 4])),
    ],
    [/linear: .*outputs; received: 0/, () => linear({ inputs: 3, outputs: 0 })],
    [
      /embedding: ids must be int32.*float32/,
      () => embedding({ count: 2, width: 1 }).apply({ weight: tf.zeros([2, 1]) }, tf.zeros([1])),
    ],
    [
      /embedding: an id is not in the table.*0 to 1/,
      () => embedding({ count: 2, width: 1 }).apply({ weight: tf.zeros([2, 1]) }, tf.tensor1d([2], 'int32')),
    ],
    [
      /conv1d: .*\[batch,length,2\].*\[4,2\]/,
      () =>
        conv1d({ inputs: 2, outputs: 1, size: 3 }).apply({ weight: tf.zeros([3, 2, 1]) }, tf.zeros([4, 2])),
    ],
    [/conv2d: stride and dilation/, () => conv2d({ inputs: 2, outputs: 1, size: 3, stride: 2, dilation: 2 })],
    [/groups must divide channels/, () => groupNorm({ channels: 6, groups: 4 })],
    [/layerNorm: /, () => layerNorm({ size: 3 }).apply({}, tf.zeros([2, 4]))],
    [/heads must divide width/, () => attention({ width: 6, heads: 4 })],
    [
      /attention: .*argument: context; expected: \[2,places,4\]; received: \[1,3,4\]/,
      () =>
        attention({ width: 4, heads: 1 }).apply(
          attention({ width: 4, heads: 1 }).init(at),
          tf.zeros([2, 3, 4]),
          { context: tf.zeros([1, 3, 4]) },
        ),
    ],
    [
      /attention: .*argument: mask; expected: \[2,3\]; received: \[3,2\]/,
      () =>
        attention({ width: 4, heads: 1 }).apply(
          attention({ width: 4, heads: 1 }).init(at),
          tf.zeros([2, 3, 4]),
          { mask: tf.zeros([3, 2]) },
        ),
    ],
    [/attend: /, () => attend(tf.zeros([2, 3]), tf.zeros([2, 4]), tf.zeros([2, 3]))],
    [/rotary: .*even/, () => rotary(tf.zeros([2, 3]))],
    [/mlp: .*sizes; received: \[3\]/, () => mlp({ sizes: [3] })],
    [
      /sinusoidalEmbedding: the width must be even.*3/,
      () => sinusoidalEmbedding(tf.zeros([1]), { width: 3 }),
    ],
  ];
  test.each(cases)('%s', (message, call) => {
    tf.tidy(() => {
      expect(call).toThrow(message);
    });
  });
});
