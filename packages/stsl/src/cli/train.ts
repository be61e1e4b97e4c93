import { resolve } from 'node:path';
import { disposeTree } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { engineFlags, numberOption, requiredOption, startEngine, textOption } from '@lab/experiment/cli';
import { trainLatentPrior } from '../latent-prior';
import { loadAutoencoder, saveModel } from './model-folder';
import { readOwnImage } from './own-images';

/** `lab stsl train`: a small latent diffusion model of the user's own images. */
export const train: PaperCommand = {
  name: 'train',
  summary: 'Train a small latent diffusion model on your own images',
  description:
    'Encodes images with the tiny autoencoder TAEF2 (a folder with taef2_encoder.safetensors and taef2_decoder.safetensors), ' +
    'or takes small images pixel by pixel without one, and trains a network on squares of them. `lab stsl restore` restores ' +
    'others like them with it.',
  arguments: [{ name: 'IMAGES', description: 'PNG, JPEG or WebP files', many: true }],
  options: [
    { flag: 'out', value: 'DIR', description: 'folder to write', required: true },
    { flag: 'autoencoder', value: 'DIR', description: 'folder with the weights of TAEF2 (default: pixels)' },
    { flag: 'steps', value: 'N', description: 'training steps', default: '2000' },
    { flag: 'side', value: 'N', description: 'side of the squares, in latents', default: '8' },
    { flag: 'batch', value: 'N', description: 'squares in a step', default: '16' },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    ...engineFlags,
  ],
  run: runTrain,
};

async function runTrain(args: CommandArgs, io: CommandIo): Promise<number> {
  const out = resolve(io.cwd, requiredOption(args, 'out'));
  const steps = numberOption(args, 'steps', { min: 1, whole: true })!;
  const side = numberOption(args, 'side', { min: 2, whole: true })!;
  const batchSize = numberOption(args, 'batch', { min: 1, whole: true })!;
  const seed = numberOption(args, 'seed', { whole: true })!;
  const folder = textOption(args, 'autoencoder');
  const images = [];
  for (const path of args.arguments)
    images.push(await readOwnImage(io.cwd, path, folder === undefined ? 1 : 8));
  await startEngine(args);
  const autoencoder = await loadAutoencoder(io.cwd, folder);
  try {
    const { moments, size, params, losses } = await trainLatentPrior(images, {
      autoencoder,
      steps,
      side,
      batchSize,
      key: key(seed),
      signal: io.signal,
      onStep: (done) => io.progress(done, 'training'),
    });
    const tail = losses.slice(-Math.ceil(losses.length / 10));
    const loss = tail.reduce((sum, each) => sum + each, 0) / tail.length;
    try {
      await saveModel(
        out,
        {
          format: 'lab-stsl-model',
          version: 1,
          autoencoder: folder === undefined ? 'pixels' : 'taef2',
          moments: { mean: [...moments.mean], deviation: [...moments.deviation] },
          size: { channels: size.channels, widths: [...size.widths] },
          training: { images: images.length, steps, seed, loss },
        },
        { params, taef2: folder === undefined ? undefined : resolve(io.cwd, folder) },
      );
    } finally {
      disposeTree(params);
    }
    io.stdout(`${JSON.stringify({ images: images.length, steps, loss })}\n`);
    return 0;
  } finally {
    autoencoder.dispose();
  }
}
