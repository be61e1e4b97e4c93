import { resolve } from 'node:path';
import { rectifiedFlowSchedule } from '@lab/diffusion-core';
import { encodePng, imageGrid, type ImageArray } from '@lab/datasets/images';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import {
  engineFlags,
  numberOption,
  startEngine,
  textOption,
  wordOption,
  writeWhole,
} from '@lab/experiment/cli';
import type { Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { editFlow } from '../edit-flow';
import type { FlowPoint } from '../flow/integrate-flow';
import type { FlowSolverName } from '../flow/solvers';
import { invertFlow } from '../invert-flow';
import { openField } from './field';
import { openPixels } from './pixels';
import { shownSteps } from './shown-steps';

const solvers = [
  'euler',
  'midpoint',
  'heun',
  'rf-solver',
  'fireflow',
] as const satisfies readonly FlowSolverName[];

/** `lab rf-inversion edit`: a picture of the user's inverted and edited. */
export const edit: PaperCommand = {
  name: 'edit',
  summary: 'Invert an image and generate it again under another condition',
  description:
    'Inverts a PNG, JPEG or WebP image to structured noise by the controlled flow (Algorithm 1), and generates it again ' +
    '(Algorithm 2) under --target. Without --model the flow of handwritten digits that comes with the package is used: ' +
    'light ink on dark paper, so a scan of dark ink wants --negative. With --model it is a velocity field of yours in an ' +
    'ONNX file, with --autoencoder in the latent space of TAEF2. What was done is printed as JSON.',
  arguments: [{ name: 'IMAGE', description: 'the image to edit' }],
  options: [
    { flag: 'out', value: 'FILE', description: 'PNG file to write', required: true },
    {
      flag: 'source',
      value: 'CLASS',
      description: 'what the image shows: a class, or an npy file (default: not told)',
    },
    { flag: 'target', value: 'CLASS', description: 'what it shall show (default: it is reconstructed)' },
    {
      flag: 'gamma',
      value: 'X',
      description: 'how far the noise is led to fresh noise, 0 to 1',
      default: '0.5',
    },
    { flag: 'eta', value: 'X', description: 'how strongly the image pulls back, 0 to 1', default: '0.9' },
    { flag: 'start', value: 'N', description: 'first step with that pull', default: '0' },
    { flag: 'stop', value: 'N', description: 'step before which it ends (default: a quarter of the steps)' },
    { flag: 'steps', value: 'N', description: 'steps of each half', default: '28' },
    { flag: 'shift', value: 'X', description: 'shift of the grid of noise levels', default: '1' },
    { flag: 'solver', value: 'NAME', description: solvers.join(', '), default: 'euler' },
    {
      flag: 'guidance',
      value: 'X',
      description: 'strength of the target, with the shipped flow',
      default: '3',
    },
    { flag: 'negative', description: 'light and dark change places first' },
    { flag: 'strip', value: 'FILE', description: 'PNG file of the states on the way' },
    { flag: 'strip-steps', value: 'N', description: 'states of each half that it shows', default: '6' },
    { flag: 'size', value: 'N', description: 'pixels a side, where the model leaves it open' },
    { flag: 'model', value: 'FILE', description: 'ONNX file of a velocity towards noise' },
    { flag: 'x-input', value: 'NAME', description: 'its input for the state', default: 'x' },
    { flag: 't-input', value: 'NAME', description: 'its input for the noise level', default: 't' },
    {
      flag: 'time-scale',
      value: 'X',
      description: 'what the level in [0, 1] is multiplied by',
      default: '1',
    },
    { flag: 'channels', value: 'WHERE', description: 'first or last', default: 'first' },
    { flag: 'autoencoder', value: 'FOLDER', description: 'folder of TAEF2, or ENCODER,DECODER' },
    { flag: 'seed', value: 'N', description: 'seed of the fresh noise', default: '0' },
    ...engineFlags,
  ],
  run: runEdit,
};

async function runEdit(args: CommandArgs, io: CommandIo): Promise<number> {
  const steps = numberOption(args, 'steps', { min: 1, whole: true })!;
  const gamma = numberOption(args, 'gamma', { min: 0, max: 1 })!;
  const value = numberOption(args, 'eta', { min: 0, max: 1 })!;
  const start = numberOption(args, 'start', { min: 0, max: steps, whole: true })!;
  const quarter = Math.max(start, Math.round(steps / 4));
  const stop = numberOption(args, 'stop', { min: start, max: steps, whole: true }) ?? quarter;
  const shift = numberOption(args, 'shift', { min: 1e-3 })!;
  const solver = wordOption(args, 'solver', solvers)!;
  const seed = numberOption(args, 'seed', { whole: true })!;
  const count = numberOption(args, 'strip-steps', { min: 1, whole: true })!;
  const [out, stripFile] = [textOption(args, 'out')!, textOption(args, 'strip')];
  await startEngine(args);
  const field = await openField(args, io);
  try {
    const pixels = await openPixels(args, io, field);
    const { signal } = io;
    const shown = stripFile === undefined ? new Set<number>() : shownSteps(steps, count);
    const states: ImageArray[] = [pixels.image];
    const watch =
      (half: 0 | 1, label: string) =>
      async ({ index, x }: FlowPoint<Tensor>): Promise<void> => {
        io.progress((half + (index + 1) / steps) / 2, label);
        if (shown.has(index)) states.push(await pixels.show(x));
      };
    const run = { solver, signal };
    try {
      const inversion = await invertFlow(field.inversion, pixels.state, {
        ...run,
        times: rectifiedFlowSchedule({ shift }).times(steps),
        gamma,
        key: key(seed),
        onStep: watch(0, 'inverting'),
      });
      try {
        const edited = await editFlow(field.editing, inversion, {
          ...run,
          eta: { kind: 'constant', value, start, stop },
          onStep: watch(1, 'editing'),
        });
        const image = await pixels.show(edited.image);
        edited.image.dispose();
        await writeWhole(resolve(io.cwd, out), encodePng(image));
        if (stripFile !== undefined)
          await writeWhole(resolve(io.cwd, stripFile), encodePng(imageGrid([states])));
        const report = {
          model: field.name,
          size: image.shape.slice(0, 2),
          distance: rootMeanSquare(image, pixels.image),
          units: 'distance to the image is root mean square, pixels being in [0, 1]',
          settings: { gamma, eta: value, start, stop, steps, shift, solver, seed },
          modelCalls: inversion.modelCalls + edited.modelCalls,
          seconds: inversion.seconds + edited.seconds,
        };
        io.stdout(`${JSON.stringify(report, null, 2)}\n`);
        return 0;
      } finally {
        inversion.dispose();
      }
    } finally {
      pixels.state.dispose();
      pixels.dispose();
    }
  } finally {
    field.dispose();
  }
}

function rootMeanSquare(a: ImageArray, b: ImageArray): number {
  return Math.sqrt(a.data.reduce((sum, each, i) => sum + (each - b.data[i]!) ** 2, 0) / a.data.length);
}
