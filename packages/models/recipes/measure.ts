/**
 * What the shipped models are worth: `tsx recipes/measure.ts [SAMPLES]`. Samples of each class are judged by the shipped
 * classifier, and their Frechet distance to test digits is taken in its features; the autoencoder is measured on the
 * photograph that it was not trained on. Build first: it reads the package as a user does.
 */
/* eslint-disable no-console -- a program that prints what it did */
import { fitImage } from '@lab/datasets/images';
import { loadPhotograph } from '@lab/datasets/node';
import {
  classifierFreeGuidance,
  ddim,
  flowOde,
  sample,
  toArray64,
  type Denoiser,
  type Schedule,
  type Solver,
} from '@lab/diffusion-core';
import { frechetBetween, psnr } from '@lab/diffusion-core/metrics';
import { loadSmallModel, type Classes } from '@lab/models/small';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { heldOut } from './autoencoder';
import { digitsData } from './digits-data';

const count = Number(process.argv[2] ?? 500);
const [batch, pixels] = [100, 28 * 28];
await engine();
const classifier = await loadSmallModel('digits-classifier');

/** Features and the share that shows the wanted digits, batch by batch. */
async function judged(batches: AsyncIterable<{ x: Tensor; labels: Classes }>): Promise<[Array64, number]> {
  const features: number[] = [];
  let [right, seen] = [0, 0];
  for await (const { x, labels } of batches) {
    const made = classifier.classify(x);
    features.push(...(await made.features.data()));
    const chosen = tf.argMax(made.logits, -1);
    right += Array.from(await chosen.data()).filter((label, i) => label === labels[i]).length;
    seen += labels.length;
    for (const each of [x, chosen, made.features, made.logits]) each.dispose();
  }
  return [{ shape: [seen, 64], data: Float64Array.from(features) }, right / seen];
}

async function* real(split: 'train' | 'test', from = 0, size = count) {
  const { images, labels } = await digitsData(split);
  for (let at = from; at < from + size; at += batch) {
    const data = Float32Array.from(images.data.subarray(at * pixels, (at + batch) * pixels));
    yield { x: tf.tensor4d(data, [batch, 28, 28, 1]) as Tensor, labels: labels.slice(at, at + batch) };
  }
}

async function* sampled(denoiser: Denoiser<Tensor, Classes>, schedule: Schedule, solver: Solver) {
  const labels = Array.from({ length: batch }, (_, i) => i % 10);
  for (let at = 0; at < count; at += batch) {
    const run = { schedule, solver, steps: 28, shape: [batch, 28, 28, 1], condition: labels };
    const { samples } = await sample(denoiser, { ...run, key: foldIn(key(1), at) });
    yield { x: samples, labels };
  }
}

const [reference] = await judged(real('test', 0, count));
const [others, accuracy] = await judged(real('test', count, count));
console.log(`classifier: right on ${accuracy.toFixed(3)} of test digits`);
console.log(
  `floor: two sets of ${count} test digits are ${frechetBetween(reference, others).toFixed(2)} apart`,
);
for (const name of ['digits-flow', 'digits-unet'] as const) {
  const model = await loadSmallModel(name);
  const { denoiser, schedule } = model;
  for (const scale of [1, 2, 3]) {
    const guided = classifierFreeGuidance(denoiser, { scale });
    const solver = name === 'digits-flow' ? flowOde() : ddim();
    const [features, share] = await judged(sampled(guided, schedule, solver));
    const distance = frechetBetween(reference, features).toFixed(2);
    console.log(
      `${name}, guidance ${scale}: wanted digit in ${share.toFixed(3)}, Frechet distance ${distance}`,
    );
  }
  model.dispose();
}
const autoencoder = await loadSmallModel('photographs-autoencoder');
const { shape, data } = fitImage((await loadPhotograph(heldOut)).image, { height: 256, width: 256 });
const x = tf.tensor(
  Float32Array.from(data, (each) => 2 * each - 1),
  [1, ...shape],
);
const [truth, back] = [await toArray64(x), await toArray64(autoencoder.decode(autoencoder.encode(x)))];
console.log(`photographs-autoencoder: ${psnr(back, truth, { range: 2 })[0]!.toFixed(1)} dB on ${heldOut}`);
