// Three small networks whose whole training steps are compared: the kinds of layer that the papers train.
import {
  attention,
  conv2d,
  embedding,
  geluTanh,
  groupNorm,
  layerNorm,
  linear,
  mlp,
  randomNormal,
  relu,
  residual,
  sequential,
  tf,
  type Tensor,
} from '@lab/tensor-core';
import { randint, split, type Key } from '@lab/tensor-core/random';

export interface Task {
  readonly name: string;
  readonly params: (key: Key) => unknown;
  readonly loss: (params: never, batch: never, key: Key) => Tensor;
  readonly batch: (key: Key) => unknown;
}

const perceptron = mlp({ sizes: [8, 16, 16, 1], activation: relu });
const tokens = embedding({ count: 11, width: 8 });
const trunk = sequential(
  residual(sequential(layerNorm({ size: 8 }), attention({ width: 8, heads: 2, causal: true, rotary: {} }))),
  residual(
    sequential(
      layerNorm({ size: 8 }),
      linear({ inputs: 8, outputs: 16 }),
      geluTanh,
      linear({ inputs: 16, outputs: 8 }),
    ),
  ),
  linear({ inputs: 8, outputs: 11 }),
);
const features = sequential(
  conv2d({ inputs: 1, outputs: 4, size: 3 }),
  groupNorm({ channels: 4, groups: 2 }),
  relu,
  conv2d({ inputs: 4, outputs: 4, size: 3, stride: 2 }),
  relu,
);
const classes = linear({ inputs: 4, outputs: 3 });

function crossEntropy(logits: Tensor, labels: Tensor, count: number): Tensor {
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.oneHot(labels, count), tf.logSoftmax(logits)), -1)));
}

export const tasks: readonly Task[] = [
  {
    name: 'MLP with noise drawn in the loss',
    params: (key: Key) => perceptron.init(key),
    loss: (params: never, { x, y }: { x: Tensor; y: Tensor }, key) =>
      tf.mean(
        tf.squaredDifference(perceptron.apply(params, tf.add(x, tf.mul(0.1, randomNormal(key, x.shape)))), y),
      ),
    batch(key: Key) {
      const x = randomNormal(key, [12, 8]);
      return { x, y: tf.tidy(() => tf.sin(tf.sum(x, 1, true))) };
    },
  },
  {
    name: 'transformer',
    params(key: Key) {
      const [a, b] = split(key) as [Key, Key];
      return { tokens: tokens.init(a), trunk: trunk.init(b) };
    },
    loss: ({ tokens: table, trunk: rest }: never, { input, next }: { input: Tensor; next: Tensor }) =>
      crossEntropy(trunk.apply(rest, tokens.apply(table, input)), next, 11),
    batch(key: Key) {
      const rows = tf.tensor2d(randint(key, 3 * 7, { high: 11 }), [3, 7], 'int32');
      const [input, next] = [tf.slice(rows, [0, 0], [3, 6]), tf.slice(rows, [0, 1], [3, 6])];
      rows.dispose();
      return { input, next };
    },
  },
  {
    name: 'conv net',
    params(key: Key) {
      const [a, b] = split(key) as [Key, Key];
      return { features: features.init(a), classes: classes.init(b) };
    },
    loss: (
      params: { features: never; classes: never },
      { images, labels }: { images: Tensor; labels: Tensor },
    ) =>
      crossEntropy(
        classes.apply(params.classes, tf.mean(features.apply(params.features, images), [1, 2])),
        labels,
        3,
      ),
    batch(key: Key) {
      const [a, b] = split(key) as [Key, Key];
      return {
        images: randomNormal(a, [5, 9, 8, 1]),
        labels: tf.tensor1d(randint(b, 5, { high: 3 }), 'int32'),
      };
    },
  },
];
