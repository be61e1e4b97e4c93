import { resolve } from 'node:path';
import { encodePng, imageGrid } from '@lab/datasets/images';
import { tf, type Tensor } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import type { Control } from '@lab/diffusion-core';
import { psnr } from '@lab/diffusion-core/metrics';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import {
  engineFlags,
  numberOption,
  requiredOption,
  startEngine,
  textOption,
  writeWhole,
} from '@lab/experiment/cli';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { StableDiffusionPipeline } from '@lab/models/stable-diffusion';
import { restoreBy } from '../baselines';
import { asPicture } from '../batch-images';
import { decodeImages, presets, stslRestore } from '../stsl';
import type { LatentModel } from '../problems';
import { measurementFlags, readMeasurement, singleOf } from './measurement';
import { methodFlags, readMethod } from './method-option';
import { openModel } from './open-model';
import { taskWords } from './task-option';

/** `lab stsl restore`: the user's own image, restored. */
export const restore: PaperCommand = {
  name: 'restore',
  summary: 'Restore an image with a latent diffusion model',
  description:
    'Undoes a degradation whose kind is known. The image is what was measured; with --degrade it is a clean one that is measured ' +
    'first, and how near the restored one comes to it is reported. Edges that the model cannot take are cut off. The model is one ' +
    "of `lab stsl train`, or Stable Diffusion 1 or 2 in diffusers' layout: unet, vae, text_encoder, tokenizer and scheduler, with " +
    'weights as safetensors.',
  arguments: [{ name: 'IMAGE', description: 'a PNG, JPEG or WebP file' }],
  options: [
    { flag: 'model', value: 'DIR', description: 'folder of the model', required: true },
    { flag: 'task', value: 'TASK', description: taskWords.join(', '), required: true },
    { flag: 'out', value: 'FILE', description: 'PNG file to write', required: true },
    ...methodFlags,
    { flag: 'prompt', value: 'TEXT', description: 'what the image shows, where the model reads texts' },
    ...measurementFlags,
    { flag: 'steps', value: 'N', description: 'sampling steps', default: '50' },
    { flag: 'inner', value: 'N', description: 'gradient steps at each', default: '5' },
    { flag: 'eta', value: 'X', description: 'weight of the second-order term (default: for the task)' },
    { flag: 'lambda', value: 'X', description: 'share of the longest stable step (default: for the task)' },
    {
      flag: 'strip',
      value: 'FILE',
      description: 'PNG file of the measurement, six intermediate steps and the result',
    },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    ...engineFlags,
  ],
  run: runRestore,
};

async function runRestore(args: CommandArgs, io: CommandIo): Promise<number> {
  const out = resolve(io.cwd, requiredOption(args, 'out'));
  const steps = numberOption(args, 'steps', { min: 1, max: 1000, whole: true })!;
  const inner = numberOption(args, 'inner', { min: 0, whole: true })!;
  const eta = numberOption(args, 'eta', { min: 0 });
  const lambda = numberOption(args, 'lambda', { min: 0 });
  const seed = key(numberOption(args, 'seed', { whole: true })!);
  const strip = textOption(args, 'strip');
  await startEngine(args);
  const opened = await openModel(io.cwd, requiredOption(args, 'model'));
  const { model, unit, pipeline } = opened;
  const held: Tensor[] = [];
  try {
    const condition = readPrompt(args, pipeline);
    held.push(...(condition ? [condition] : []));
    const measurement = await readMeasurement(args, io, { unit, key: foldIn(seed, 0) });
    const { y, operator, preset, image, isClean, noise } = measurement;
    held.push(y);
    const method = readMethod(args, { noise, readsText: pipeline !== undefined });
    const frames: Array64[] = [await singleOf(y)];
    const shared = {
      steps,
      condition,
      ...(strip !== undefined && { controls: [recording(model, frames)] }),
      key: foldIn(seed, 1),
      signal: io.signal,
      onStep: ({ index }: { readonly index: number }) =>
        io.progress((index + 1) / steps, `step ${index + 1} of ${steps}`),
    };
    const { images, latents, stats } = method
      ? await restoreBy(y, operator, model, { ...shared, method, init: presets[preset].init })
      : await stslRestore(y, operator, model, {
          ...presets[preset],
          ...shared,
          inner,
          ...(eta !== undefined && { eta }),
          ...(lambda !== undefined && { step: { kind: 'lipschitz', lambda } }),
          ...(noise > 0 && { noiseDeviation: noise }),
        });
    held.push(images, latents);
    const result = await singleOf(images);
    await writeWhole(out, encodePng(asPicture(result)));
    if (strip !== undefined)
      await writeWhole(
        resolve(io.cwd, strip),
        encodePng(imageGrid([[...frames, result, ...(isClean ? [image] : [])].map(asPicture)])),
      );
    const report = {
      method: method?.name ?? 'STSL',
      shape: result.shape,
      evaluations: stats.nfePaper,
      scoreEvaluations: stats.scoreEvaluations,
      seconds: Number(stats.seconds.toFixed(2)),
      ...(isClean && {
        psnr: decibels(result, image),
        psnrOfFirstGuess: await guessed(operator.initFrom(y), image),
      }),
    };
    io.stdout(`${JSON.stringify(report)}\n`);
    return 0;
  } finally {
    tf.dispose(held);
    opened.dispose();
  }
}

/** The text's embedding, of `''` unless one is given; nothing where the model reads none. */
function readPrompt(args: CommandArgs, pipeline: StableDiffusionPipeline | undefined): Tensor | undefined {
  const text = textOption(args, 'prompt');
  if (pipeline) return pipeline.embed([text ?? '']);
  if (text === undefined) return undefined;
  throw new LabError('argument', '--prompt says nothing to this model, which reads no texts', {
    argument: '--prompt',
    hint: 'a folder of Stable Diffusion does',
  });
}

async function guessed(guess: Tensor, image: Array64): Promise<number> {
  const found = await singleOf(tf.tidy(() => tf.clipByValue(guess, -1, 1)));
  guess.dispose();
  return decibels(found, image);
}

function decibels(found: Array64, truth: Array64): number {
  const batch = ({ shape, data }: Array64): Array64 => ({ shape: [1, ...shape], data });
  return psnr(batch(found), batch(truth), { range: 2 })[0]!;
}

/** Keeps the decoded estimates of six steps, evenly spread. */
function recording({ autoencoder }: LatentModel, frames: Array64[]): Control {
  return {
    name: 'recording',
    async estimate(x0, { index, steps }) {
      const every = Math.max(1, Math.floor(steps / 6));
      if (index % every === 0 && index / every < 6) {
        const images = decodeImages(autoencoder, x0);
        frames.push(await singleOf(images));
        images.dispose();
      }
      return x0;
    },
  };
}
