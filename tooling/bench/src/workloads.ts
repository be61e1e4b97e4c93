import {
  attention,
  conv2d,
  embedding,
  geluTanh,
  groupNorm,
  layerNorm,
  linear,
  mlp,
  normalInit,
  randomNormal,
  relu,
  residual,
  sequential,
  tf,
  type Key,
  type Tensor,
} from '@lab/tensor-core';
import { randint, split } from '@lab/tensor-core/random';

/** A training step to be timed: the loss as a user of the library writes it, and what it is taken at. */
export interface Workload<Params = unknown, Batch = unknown> {
  /** How the command and the PyTorch side call it. */
  readonly name: string;
  readonly title: string;
  /** First parameters; the tensors belong to the caller. */
  params(key: Key): Params;
  /** Pure and differentiable in the parameters: a scalar. */
  loss(params: Params, batch: Batch, key: Key): Tensor;
  /** Inputs and targets of one step, of the same shapes for every key; the tensors belong to the caller. */
  batch(key: Key): Batch;
}

function workload<Params, Batch>(made: Workload<Params, Batch>): Workload<Params, Batch> {
  return made;
}

const perceptron = mlp({ sizes: [64, 128, 128, 1], activation: relu });

export const mlpStep = workload({
  name: 'mlp',
  title: 'MLP 64-128-128-1, batch 64',
  params: (key) => perceptron.init(key),
  loss: (params, { x, y }: { x: Tensor; y: Tensor }) =>
    tf.mean(tf.squaredDifference(perceptron.apply(params, x), y)),
  batch(key) {
    const [forX, forY] = split(key) as [Key, Key];
    return { x: randomNormal(forX, [64, 64]), y: randomNormal(forY, [64, 1]) };
  },
});

const [width, length, vocabulary] = [128, 64, 256];
const tokens = embedding({ count: vocabulary, width, init: normalInit(0.02) });
const positions = normalInit(0.02);
const half = () =>
  [
    residual(sequential(layerNorm({ size: width }), attention({ width, heads: 4, causal: true }))),
    residual(
      sequential(
        layerNorm({ size: width }),
        linear({ inputs: width, outputs: 4 * width }),
        geluTanh,
        linear({ inputs: 4 * width, outputs: width }),
      ),
    ),
  ] as const;
const trunk = sequential(
  ...half(),
  ...half(),
  layerNorm({ size: width }),
  linear({ inputs: width, outputs: vocabulary }),
);

export const transformerStep = workload({
  name: 'transformer',
  title: 'transformer, 2 layers, d = 128, L = 64, batch 16, vocabulary 256',
  params(key) {
    const [forTokens, forPositions, forTrunk] = split(key, 3) as [Key, Key, Key];
    return {
      tokens: tokens.init(forTokens),
      positions: positions(forPositions, [length, width]),
      trunk: trunk.init(forTrunk),
    };
  },
  loss(params, { input, next }: { input: Tensor; next: Tensor }) {
    const embedded = tf.add(tokens.apply(params.tokens, input), params.positions);
    return crossEntropy(trunk.apply(params.trunk, embedded), next, vocabulary);
  },
  batch(key) {
    const rows = tf.tensor2d(
      randint(key, 16 * (length + 1), { high: vocabulary }),
      [16, length + 1],
      'int32',
    );
    const input = tf.slice(rows, [0, 0], [16, length]);
    const next = tf.slice(rows, [0, 1], [16, length]);
    rows.dispose();
    return { input, next };
  },
});

const features = sequential(
  conv2d({ inputs: 1, outputs: 32, size: 3 }),
  relu,
  conv2d({ inputs: 32, outputs: 32, size: 3 }),
  groupNorm({ channels: 32, groups: 8 }),
  relu,
  conv2d({ inputs: 32, outputs: 32, size: 3, stride: 2 }),
  relu,
  conv2d({ inputs: 32, outputs: 32, size: 3 }),
  relu,
);
const classes = linear({ inputs: 32, outputs: 10 });

export const convStep = workload({
  name: 'conv',
  title: 'conv net 28x28, 32 channels, batch 32',
  params(key) {
    const [forFeatures, forClasses] = split(key) as [Key, Key];
    return { features: features.init(forFeatures), classes: classes.init(forClasses) };
  },
  loss(params, { images, labels }: { images: Tensor; labels: Tensor }) {
    const pooled = tf.mean(features.apply(params.features, images), [1, 2]);
    return crossEntropy(classes.apply(params.classes, pooled), labels, 10);
  },
  batch(key) {
    const [forImages, forLabels] = split(key) as [Key, Key];
    const labels = randint(forLabels, 32, { high: 10 });
    return { images: randomNormal(forImages, [32, 28, 28, 1]), labels: tf.tensor1d(labels, 'int32') };
  },
});

/** Mean over all places of minus the logarithm of the probability of `labels` [...] under `logits` [..., count]. */
function crossEntropy(logits: Tensor, labels: Tensor, count: number): Tensor {
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, count), logits);
}

export const workloads: readonly Workload[] = [mlpStep, transformerStep, convStep];
