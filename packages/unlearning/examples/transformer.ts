// A transformer that learnt eight wrong answers by heart, and forgets them again without being trained anew.
import {
  adamw,
  attention,
  disposeTree,
  embedding,
  engine,
  fit,
  layerNorm,
  linear,
  mlp,
  residual,
  sequential,
  tf,
  type Tensor,
} from '@lab/tensor-core';
import { key, randint } from '@lab/tensor-core/random';
import { accuracies, crossEntropy, gradientDescent, minNormOG, unlearn, type Samples } from '@lab/unlearning';

await engine();

// Which of the letters 0 and 1 is more frequent in ten letters of an alphabet of four?
const length = 10;
function sequences(seed: number, count: number): { tokens: number[][]; answers: number[] } {
  const letters = Array.from(randint(key(seed), 2 * count * length, { high: 4 }));
  const all = Array.from({ length: 2 * count }, (_, i) => letters.slice(length * i, length * (i + 1)));
  const excess = (row: number[]): number =>
    row.reduce((sum, letter) => sum + (letter === 0 ? 1 : letter === 1 ? -1 : 0), 0);
  const tokens = all.filter((row) => excess(row) !== 0).slice(0, count);
  return { tokens, answers: tokens.map((row) => (excess(row) > 0 ? 0 : 1)) };
}
const samples = (tokens: number[][], answers: number[]): Samples & { x: Tensor; y: Tensor } => ({
  x: tf.tensor2d(tokens.flat(), [tokens.length, length], 'int32'),
  y: tf.tensor1d(answers, 'int32'),
});

const width = 16;
const network = sequential(
  embedding({ count: 4, width }),
  residual(sequential(layerNorm({ size: width }), attention({ width, heads: 2, rotary: {} }))),
  residual(sequential(layerNorm({ size: width }), mlp({ sizes: [width, 32, width] }))),
  (hidden) => tf.mean(hidden, 1),
  linear({ inputs: width, outputs: 2 }),
);

// The first eight of 100 answers are wrong.
const { tokens, answers } = sequences(1, 100);
const poisoned = 8;
const wrong = samples(
  tokens.slice(0, poisoned),
  answers.slice(0, poisoned).map((answer) => 1 - answer),
);
const right = samples(tokens.slice(poisoned), answers.slice(poisoned));
const unseen = sequences(2, 400);
const test = samples(unseen.tokens, unseen.answers);
const all = { x: tf.concat([wrong.x, right.x]), y: tf.concat([wrong.y, right.y]) };

const loss = crossEntropy();
const train = async (data: typeof all) => {
  const first = network.init(key(3));
  const { params } = await fit({
    params: first,
    optimizer: adamw({ learningRate: 5e-3 }),
    loss: (p, { x, y }: typeof all) => loss([network.apply(p, x)], [y]),
    batches: () => data,
    steps: 600,
    key: key(4),
  });
  disposeTree(first);
  return params;
};
const trained = await train(all);
const retrained = await train(right);

const forgetting = (method: ReturnType<typeof minNormOG>) =>
  unlearn(network, {
    params: trained,
    retain: right,
    forget: wrong,
    task: 'classification',
    method,
    epochs: 60,
    learningRate: 2e-3,
    key: key(5),
  });
const ours = await forgetting(minNormOG({ strength: 0.1, gdEpochs: 30, period: 2, sampleSize: 40 }));
const descent = await forgetting(gradientDescent());

const repeated = async (params: typeof trained): Promise<number> =>
  Math.round(poisoned * (await accuracies(network, params, wrong)).all);
for (const [name, params] of [
  ['trained', trained],
  ['gradient descent', descent.params],
  ['MinNorm-OG', ours.params],
  ['retrained', retrained],
] as const) {
  const { all: reads } = await accuracies(network, params, test);
  console.log(
    `${name.padEnd(16)} repeats ${await repeated(params)} of 8 wrong answers, ${(100 * reads).toFixed(1)} % of unseen ones right`,
  );
}
console.log(`fewer than by descent: ${(await repeated(ours.params)) < (await repeated(descent.params))}`);
