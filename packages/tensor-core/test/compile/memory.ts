// Prints how many bytes resident memory grows while compiled functions run, or are made and left. Runs against the built
// package, with --expose-gc.
import {
  adam,
  engine,
  mlp,
  random,
  randomNormal,
  relu,
  tf,
  trainer,
  type MlpParams,
  type Tensor,
} from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';

declare const gc: () => void;
await engine({ prefer: 'wasm' });

/** After a collection, and the finalizers that follow it. */
async function resident(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().rss;
}

async function steps(): Promise<number> {
  const network = mlp({ sizes: [16, 32, 1], activation: relu });
  const params = network.init(random.key(0));
  const batch = { x: randomNormal(random.key(1), [32, 16]), y: randomNormal(random.key(2), [32, 1]) };
  const training = await trainer({
    params,
    optimizer: adam(),
    loss: (p: MlpParams, { x, y }: { x: Tensor; y: Tensor }) =>
      tf.mean(tf.squaredDifference(network.apply(p, x), y)),
    engine: 'compiled',
  });
  const predict = compile((p: MlpParams, x: Tensor) => network.apply(p, x));
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await training.step(batch, random.key(0));
      if (i % 4 === 0) predict(params, batch.x).dispose();
    }
  };
  await run(2000);
  const before = await resident();
  await run(10_000);
  return (await resident()) - before;
}

/** Outputs that are large enough not to be copied. */
async function large(): Promise<number> {
  const f = compile((x: Tensor) => tf.neg(x));
  const x = tf.zeros([200, 200]);
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) f(x).dispose();
  };
  run(500);
  const before = await resident();
  run(5000);
  return (await resident()) - before;
}

async function sessions(release: 'dispose' | 'forget'): Promise<number> {
  const once = (i: number): void => {
    const f = compile((x: Tensor) => tf.matMul(x, tf.add(x, i)), { threads: 2 });
    f(tf.zeros([64, 64])).dispose();
    if (release === 'dispose') f.dispose();
  };
  const many = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      tf.tidy(() => once(i));
      if (i % 20 === 19) await resident();
    }
  };
  await many(40);
  const before = await resident();
  await many(200);
  return (await resident()) - before;
}

const found = {
  steps: await steps(),
  large: await large(),
  dispose: await sessions('dispose'),
  forget: await sessions('forget'),
};
process.stdout.write(JSON.stringify(found));
