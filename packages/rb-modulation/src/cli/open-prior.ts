import { join, resolve } from 'node:path';
import type { ImageArray } from '@lab/datasets/images';
import {
  classifierFreeGuidance,
  rectifiedFlowSchedule,
  type Denoiser,
  type Prediction,
  type Schedule,
} from '@lab/diffusion-core';
import type { CommandArgs, CommandIo } from '@lab/experiment';
import { listOption, numberOption, readBytes, textOption, wordOption } from '@lab/experiment/cli';
import { onnxDenoiser } from '@lab/models/onnx';
import { isStableDiffusion, stableDiffusionPipeline, type FolderReader } from '@lab/models/stable-diffusion';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Key } from '@lab/tensor-core/random';
import { trainPrior } from './prior';

/** The model that generates, whatever it came from. */
export interface OpenedPrior {
  readonly denoiser: Denoiser;
  readonly schedule: Schedule;
  /** Sides of an image are multiples of it. */
  readonly unit: number;
  /** Images [1, h, w, 3] in [-1, 1] to new states, and back. */
  encode(images: Tensor): Tensor;
  decode(states: Tensor): Tensor;
  dispose(): void;
}

/** The folder of Stable Diffusion that --model names, if it names one. */
export async function folderOf(args: CommandArgs, { cwd }: CommandIo): Promise<FolderReader | undefined> {
  const path = textOption(args, 'model');
  if (path === undefined) return undefined;
  const read: FolderReader = (file) => readBytes(cwd, join(path, file));
  return (await isStableDiffusion(read)) ? read : undefined;
}

/**
 * Stable Diffusion under --prompt, the rectified flow of an ONNX file, or a small one trained on the images.
 *
 * @throws LabError `missing`, `format` or `unsupported` for a model that cannot be opened; `argument` for a prompt that it cannot read
 */
export async function openPrior(
  args: CommandArgs,
  io: CommandIo,
  {
    folder,
    images,
    key,
  }: {
    readonly folder: FolderReader | undefined;
    readonly images: readonly ImageArray[];
    readonly key: Key;
  },
): Promise<OpenedPrior> {
  const prompt = textOption(args, 'prompt');
  if (folder !== undefined) return stableDiffusion(args, folder, prompt ?? '');
  if (prompt !== undefined)
    throw new LabError('argument', '--prompt is for a model that reads texts', {
      argument: '--prompt',
      received: prompt,
      hint: "give --model a folder of Stable Diffusion 1 or 2 in diffusers' layout",
    });
  const opened = textOption(args, 'model') === undefined ? await trained() : await fromFile(args, io);
  const pixels = (x: Tensor): Tensor => tf.clone(x);
  return { ...opened, schedule: rectifiedFlowSchedule(), unit: 2, encode: pixels, decode: pixels };

  function trained() {
    const steps = numberOption(args, 'train-steps', { min: 1, whole: true }) ?? 300;
    const onStep = (done: number): void => io.progress(0.7 * done, 'training');
    return trainPrior(images, { steps, key, signal: io.signal, onStep });
  }
}

async function stableDiffusion(args: CommandArgs, read: FolderReader, prompt: string): Promise<OpenedPrior> {
  const scale = numberOption(args, 'guidance', { min: 0 }) ?? 7.5;
  const pipeline = await stableDiffusionPipeline(read);
  const [told, none] = [pipeline.embed([prompt]), pipeline.embed([''])];
  const { denoiser, schedule, unit } = pipeline;
  const guided = classifierFreeGuidance(denoiser, { scale, unconditional: none });
  return {
    // Under no prompt both sides of the guidance are the same.
    denoiser: {
      ...denoiser,
      predict: (x, t, _none, context) => (prompt === '' ? denoiser : guided).predict(x, t, told, context),
    },
    ...{ schedule, unit },
    encode: (images) => pipeline.encode(images),
    decode: (latents) => pipeline.decode(latents),
    dispose() {
      tf.dispose([told, none]);
      pipeline.dispose();
    },
  };
}

async function fromFile(args: CommandArgs, { cwd }: CommandIo) {
  const inputs = listOption(args, 'inputs') ?? ['x', 't'];
  if (inputs.length !== 2)
    throw new LabError('argument', '--inputs names the input for the image and that for the time', {
      argument: '--inputs',
      received: inputs.join(),
    });
  const predicts = wordOption<Prediction>(args, 'predicts', ['velocity', 'sample', 'epsilon']);
  const channels = wordOption(args, 'channels', ['first', 'last'] as const);
  const denoiser: Denoiser = await onnxDenoiser<unknown>(resolve(cwd, textOption(args, 'model')!), {
    predicts: predicts ?? 'velocity',
    inputs: { x: inputs[0]!, t: inputs[1]! },
    channels: channels ?? 'first',
  });
  return { denoiser, dispose: () => denoiser.dispose?.() };
}
