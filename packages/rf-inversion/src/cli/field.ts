import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { classifierFreeGuidance, type Denoiser } from '@lab/diffusion-core';
import type { CommandArgs, CommandIo } from '@lab/experiment';
import { numberOption, readBytes, textOption, wordOption } from '@lab/experiment/cli';
import { onnxDenoiser, type OnnxDenoiser } from '@lab/models/onnx';
import { loadSmallModel } from '@lab/models/small';
import { isStableDiffusion } from '@lab/models/stable-diffusion';
import { tf, toTensor, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readNpy } from '@lab/tensor-core/io';

/** The velocity field that a run uses, for inversion and for the edit, each under its condition. */
export interface Field {
  readonly inversion: Denoiser;
  readonly editing: Denoiser;
  /** Shape [height, width, channels] of a state; undefined where the field leaves a size open. */
  readonly shape: readonly (number | undefined)[];
  readonly name: string;
  dispose(): void;
}

/** The shipped flow of digits, or the user's own in an ONNX file. */
export async function openField(args: CommandArgs, io: CommandIo): Promise<Field> {
  return textOption(args, 'model') === undefined ? digitsField(args) : onnxField(args, io);
}

async function digitsField(args: CommandArgs): Promise<Field> {
  const digit = (flag: string): number[] | undefined => {
    const given = numberOption(args, flag, { min: 0, max: 9, whole: true });
    return given === undefined ? undefined : [given];
  };
  const [source, target] = [digit('source'), digit('target')];
  const scale = numberOption(args, 'guidance', { min: 0 })!;
  const flow = await loadSmallModel('digits-flow');
  const { denoiser } = flow;
  const guided = classifierFreeGuidance(denoiser, { scale });
  return {
    inversion: under(denoiser, source),
    editing: target === undefined ? under(denoiser, undefined) : under(guided, target),
    shape: [28, 28, 1],
    name: 'digits-flow',
    dispose: () => flow.dispose(),
  };
}

/** A denoiser whose condition is settled. */
function under<C>(denoiser: Denoiser<Tensor, C>, condition: C | undefined): Denoiser {
  return { ...denoiser, predict: (x, t, _none, context) => denoiser.predict(x, t, condition, context) };
}

async function onnxField(args: CommandArgs, io: CommandIo): Promise<Field> {
  const path = textOption(args, 'model')!;
  await refuseFolder(io.cwd, path);
  const scale = numberOption(args, 'time-scale', { min: 0 })!;
  const channels = wordOption(args, 'channels', ['first', 'last'])!;
  const [x, t] = [textOption(args, 'x-input')!, textOption(args, 't-input')!];
  const model = await onnxDenoiser(resolve(io.cwd, path), {
    predicts: 'velocity',
    inputs: { x, t },
    time: (time) => scale * time,
    channels,
  });
  const conditions: Tensor[] = [];
  const dispose = (): void => {
    model.dispose();
    for (const each of conditions) each.dispose();
  };
  try {
    const [source, target] = [
      await conditionOf(args, io, { flag: 'source', model, x, t }),
      await conditionOf(args, io, { flag: 'target', model, x, t }),
    ];
    if (source) conditions.push(source);
    if (target) conditions.push(target);
    const sizes = (model.inputs.find(({ name }) => name === x)?.shape ?? []).map((size) =>
      typeof size === 'number' && size > 0 ? size : undefined,
    );
    const [, ...rest] = sizes.length === 4 ? sizes : [];
    const shape = channels === 'first' ? [rest[1], rest[2], rest[0]] : [rest[0], rest[1], rest[2]];
    return {
      inversion: under(model, source),
      editing: under(model, target ?? source),
      shape,
      name: path,
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** @throws LabError `unsupported` for a folder, which is how diffusion models of texts are published */
async function refuseFolder(cwd: string, path: string): Promise<void> {
  const isFolder = await stat(resolve(cwd, path)).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return;
  const expected = 'an ONNX file of the velocity of a rectified flow';
  if (await isStableDiffusion((file) => readBytes(cwd, join(path, file))))
    throw new LabError('unsupported', 'Stable Diffusion 1 and 2 are no rectified flows', {
      argument: '--model',
      received: path,
      expected,
      hint: `\`lab stsl edit --model ${path} --source TEXT --target TEXT\` edits images by such a model`,
    });
  throw new LabError('unsupported', '--model is a folder', { argument: '--model', received: path, expected });
}

/** What the file's one further input gets: the numbers of an npy file, or one number in the shape of that input. */
async function conditionOf(
  args: CommandArgs,
  io: CommandIo,
  { flag, model, x, t }: { flag: 'source' | 'target'; model: OnnxDenoiser<Tensor>; x: string; t: string },
): Promise<Tensor | undefined> {
  const text = textOption(args, flag);
  if (text === undefined) return undefined;
  const others = model.inputs.filter(({ name }) => name !== x && name !== t);
  if (others.length !== 1)
    throw new LabError(
      'argument',
      `--${flag} needs a model with one input for it beside the state and the time`,
      {
        argument: `--${flag}`,
        received: others.map(({ name }) => name).join(', ') || 'no such input',
      },
    );
  if (text.endsWith('.npy')) return toTensor(readNpy(await readBytes(io.cwd, text)));
  const rank = others[0]!.shape?.length ?? 0;
  const value = numberOption(args, flag)!;
  return tf.tensor([value], new Array<number>(rank).fill(1));
}
