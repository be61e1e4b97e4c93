// Trains with checkpoints in the folder that is the first argument, slowly enough to be killed; "done" ends with the
// hash of all that a run leaves. Runs against the built package.
import { createHash } from 'node:crypto';
import {
  adam,
  chain,
  clipByGlobalNorm,
  engine,
  fit,
  mlp,
  random,
  randomNormal,
  saveTree,
  tf,
  type MlpParams,
  type Tensor,
} from '@lab/tensor-core';
import { fileCheckpoints } from '@lab/tensor-core/checkpoint';

await engine({ prefer: 'wasm' });
const [folder = '', pause = '0', execution = 'eager'] = process.argv.slice(2);
const network = mlp({ sizes: [3, 16, 1], activation: tf.tanh });
const params = network.init(random.key(0));

const result = await fit({
  params,
  optimizer: chain(clipByGlobalNorm(1), adam({ learningRate: (step) => 0.01 / (1 + step / 50) })),
  loss: (p: MlpParams, { x, y }: { x: Tensor; y: Tensor }, key) =>
    tf.mean(tf.squaredDifference(network.apply(p, tf.add(x, tf.mul(randomNormal(key, x.shape), 0.1))), y)),
  batches: async (_, key) => {
    if (pause !== '0') await new Promise((resolve) => setTimeout(resolve, Number(pause)));
    return tf.tidy(() => {
      const x = randomNormal(key, [16, 3]);
      return { x, y: tf.sum(tf.sin(x), 1, true) };
    });
  },
  steps: 60,
  key: random.key(7),
  ema: { decay: 0.9 },
  checkpoint: fileCheckpoints(folder),
  checkpointEvery: 7,
  engine: execution as 'eager' | 'compiled',
  onStep: ({ step }) => process.stdout.write(`${step}\n`),
});

const hash = createHash('sha256');
for (const [path, { data }] of Object.entries(
  await saveTree([result.params, result.average, result.optimizerState]),
))
  hash.update(path).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
hash.update(JSON.stringify(result.losses));
process.stdout.write(`done ${result.engine} ${result.resumedFrom} ${hash.digest('hex')}\n`);
