// Teaches a small network the two interleaved half moons, then looks at how well it tells them apart.
//
//     node --import tsx examples/nano.ts
import {
  adamw,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  engine,
  fit,
  mlp,
  silu,
  tf,
  warmup,
} from '@lab/tensor-core';
import type { MlpParams, Tensor } from '@lab/tensor-core';
import { key, normal, split, uniform, type Key } from '@lab/tensor-core/random';

const { name, version } = await engine();
console.log(`engine ${name} ${version}`);

interface Batch {
  readonly points: Tensor;
  readonly labels: Tensor;
}

/** `size` noisy points of two half circles that reach into each other; labels 0 and 1 in turn. */
function moons(from: Key, size: number): Batch {
  const [angleKey, noiseKey] = split(from) as [Key, Key];
  const angles = uniform(angleKey, size, { high: Math.PI });
  const noise = normal(noiseKey, [size, 2]);
  const points = Array.from(angles, (angle, i) => {
    const [x, y] =
      i % 2 === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
    return [x + 0.1 * noise[2 * i]!, y + 0.1 * noise[2 * i + 1]!];
  });
  return { points: tf.tensor2d(points), labels: tf.tensor2d(Array.from(angles, (_, i) => [i % 2])) };
}

const network = mlp({ sizes: [2, 32, 32, 1], activation: silu });
const steps = 300;
const { params, average, losses, seconds } = await fit({
  params: network.init(key(0)),
  optimizer: chain(
    clipByGlobalNorm(1),
    adamw({ learningRate: warmup(cosineDecay({ from: 0.02, steps: 270 }), { steps: 30 }), decay: /weight$/ }),
  ),
  loss: (p: MlpParams, { points, labels }: Batch) =>
    tf.losses.sigmoidCrossEntropy(labels, network.apply(p, points)),
  batches: (_, at) => moons(at, 64),
  steps,
  key: key(1),
  ema: { decay: 0.98 },
  onStep: ({ step, loss }) => step % 100 === 0 && console.log(`step ${step}, loss ${loss.toFixed(3)}`),
});

const accuracy = (weights: MlpParams): number =>
  tf.tidy(() => {
    const { points, labels } = moons(key(2), 1000);
    const correct = tf.equal(tf.greater(network.apply(weights, points), 0), tf.cast(labels, 'bool'));
    return tf.mean(tf.cast(correct, 'float32')).dataSync()[0]!;
  });
console.log(
  `accuracy ${accuracy(params).toFixed(3)}, of the averaged weights ${accuracy(average!).toFixed(3)}`,
);
console.log(`${losses.length} steps in ${seconds.toFixed(1)} s`);
