// What a restored image costs: network evaluations, seconds, and the most memory that a process of its own took above one that has
// made the model ready, of STSL and of the methods that it is compared with, on images of 64 x 64 pixels in a latent space of TAEF2's
// shape. `pnpm bench [steps] [what the names of the rows wanted begin with]`. Build first: it measures dist. How good the images are
// is in quality.ts. With the folder
// of TAEF2's weights in the environment variable LAB_TAEF2 its decoder is the published one, otherwise one of that size, newly
// drawn, which costs the same. Costs grow with the steps: the paper's 50 take ten times as long as the 5 of the default.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key, normal } from '@lab/tensor-core/random';
import { networkDenoiser } from '@lab/diffusion-core';
import { saveWeights, taef2Decoder, taef2Encoder, type Taef2 } from '@lab/models/taef2';
import {
  gaussianNoise,
  gmlDps,
  imageProblem,
  latentNetwork,
  latentPrediction,
  latentSchedule,
  ldps,
  p2l,
  psld,
  runMethod,
  stslSample,
  superResolution,
  taef2Autoencoder,
  trainedTimes,
  type InverseProblem,
  type RunStats,
} from '@lab/stsl';
import { inOwnProcesses, isRow, machine } from '@lab/testing/bench';

const steps = Number(process.argv[2] ?? 5);
const folder = process.env.LAB_TAEF2;

async function weights(network: Taef2, name: string): Promise<Uint8Array> {
  if (folder !== undefined) return readFileSync(join(folder, `taef2_${name}.safetensors`));
  return writeSafetensors(await saveWeights(network, network.init(key(1))));
}

async function makeProblem() {
  await engine();
  const autoencoder = taef2Autoencoder({
    encoder: await weights(taef2Encoder(), 'encoder'),
    decoder: await weights(taef2Decoder(), 'decoder'),
  });
  const network = latentNetwork({ channels: 32, widths: [32, 64] });
  const denoiser = networkDenoiser(network, network.init(key(2)), {
    predicts: latentPrediction,
    schedule: latentSchedule,
  });
  const operator = superResolution({ factor: 4 });
  const clean = tf.tidy(() => tf.tanh(tf.tensor(normal(key(3), [1, 64, 64, 3]), [1, 64, 64, 3])));
  const y = tf.tidy(() => gaussianNoise(operator.forward(clean), { deviation: 0.05, key: key(4) }));
  return imageProblem({ denoiser, schedule: latentSchedule, autoencoder, operator, y });
}

type Run = (
  problem: InverseProblem<Tensor>,
) => Promise<{ readonly latents: Tensor; readonly stats: RunStats }>;
const grid = (count: number) => trainedTimes({ steps: count });
const baseline =
  (method: Parameters<typeof runMethod>[1], count: number): Run =>
  (problem) =>
    runMethod(problem, method, { times: grid(count), init: 'qSample', key: key(5) });
const ours =
  (eta: number): Run =>
  (problem) =>
    stslSample(problem, {
      times: grid(steps),
      init: 'qSample',
      eta,
      step: { kind: 'fixed', lambda: 1e-3 },
      key: key(5),
    });

const runs: ReadonlyMap<string, Run> = new Map<string, Run>([
  [`STSL, ${steps} steps of 5`, ours(0.02)],
  [`STSL, ${steps} steps of 5, first order`, ours(0)],
  [`LDPS, ${5 * steps} steps`, baseline(ldps({ strength: 0.1 }), 5 * steps)],
  [`GML-DPS, ${5 * steps} steps`, baseline(gmlDps({ strength: 0.1 }), 5 * steps)],
  [`PSLD, ${5 * steps} steps`, baseline(psld({ strength: 0.1 }), 5 * steps)],
  [`PSLD, ${20 * steps} steps`, baseline(psld({ strength: 0.1 }), 20 * steps)],
  [`P2L, ${20 * steps} steps`, baseline(p2l({ strength: 0.1 }), 20 * steps)],
]);

const names = [...runs.keys()].filter((name) => name.startsWith(process.argv[3] ?? ''));

async function measure(name: string | undefined): Promise<RunStats | undefined> {
  const problem = await makeProblem();
  if (name === undefined) return undefined;
  const { latents, stats } = await runs.get(name)!(problem);
  latents.dispose();
  return stats;
}

if (!isRow()) {
  console.log(machine());
  console.log('| method | evaluations | of the score | seconds | MiB above the model |');
  console.log('|---|---:|---:|---:|---:|');
}
for await (const { name, measured, mebibytes } of inOwnProcesses(names, measure)) {
  const { nfePaper, scoreEvaluations, seconds } = measured;
  console.log(
    `| ${[name, nfePaper, scoreEvaluations, seconds.toFixed(1), mebibytes.toFixed(0)].join(' | ')} |`,
  );
}
