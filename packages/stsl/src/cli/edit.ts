import { resolve } from 'node:path';
import { encodePng, imageGrid } from '@lab/datasets/images';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import {
  engineFlags,
  numberOption,
  requiredOption,
  startEngine,
  textOption,
  writeWhole,
} from '@lab/experiment/cli';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, key } from '@lab/tensor-core/random';
import type { Control } from '@lab/diffusion-core';
import { asPicture } from '../batch-images';
import { duringSteps, editWithPrompts, fromStep, nullTextInversion } from '../editing';
import { imageProblem } from '../problems';
import { decodeImages, presets, stsl, stslRestore } from '../stsl';
import { contentFeatures } from './content-features';
import { contentOf, contrastOf } from './edit-content';
import { batchOf, measurementFlags, readMeasurement, singleOf, type Measurement } from './measurement';
import { openModel, type OpenedModel } from './open-model';
import { readOwnImage } from './own-images';
import { promptEditOf } from './prompts';
import { taskWords } from './task-option';

/** `lab stsl edit`: the user's own image, restored where it is corrupted, and edited by texts. */
export const edit: PaperCommand = {
  name: 'edit',
  summary: 'Edit an image by two texts, restoring it first where it is corrupted (STSL-CAT)',
  description:
    'Inverts the image under --source and generates it again under --target, both side by side: the target takes the attention that ' +
    'the source pays to its words (Prompt-to-Prompt). With --task the image is a measurement: it is restored by STSL first, and the ' +
    'measurement pulls on the edit in its early steps. With --content what CLIP sees at each place of the image is kept in the steps ' +
    'after those (in all of them without --task). The model is Stable Diffusion 1 or 2 in a folder of diffusers.',
  arguments: [{ name: 'IMAGE', description: 'a PNG, JPEG or WebP file' }],
  options: [
    { flag: 'model', value: 'DIR', description: 'folder of Stable Diffusion', required: true },
    { flag: 'source', value: 'TEXT', description: 'what the image shows', required: true },
    { flag: 'target', value: 'TEXT', description: 'what it shall show', required: true },
    { flag: 'out', value: 'FILE', description: 'PNG file to write', required: true },
    { flag: 'strip', value: 'FILE', description: 'PNG file of the image, its reconstruction and the edit' },
    { flag: 'weigh', value: 'WORD:FACTOR', description: 'strengthens or weakens words of the target' },
    { flag: 'cross', value: 'X', description: 'share of steps with the attention to words', default: '0.8' },
    { flag: 'self', value: 'X', description: 'share of steps with the attention to places', default: '0.4' },
    { flag: 'guidance', value: 'X', description: 'scale of the guidance by the texts', default: '7.5' },
    { flag: 'null-steps', value: 'N', description: 'steps of null-text inversion a level', default: '10' },
    { flag: 'steps', value: 'N', description: 'sampling steps', default: '50' },
    { flag: 'task', value: 'TASK', description: `what happened to the image: ${taskWords.join(', ')}` },
    {
      flag: 'pull',
      value: 'X',
      description: 'share of steps in which the measurement pulls',
      default: '0.6',
    },
    { flag: 'content', value: 'DIR', description: 'folder of CLIP, whose view of the image is kept' },
    {
      flag: 'content-weight',
      value: 'X',
      description: 'how far all steps together may lead the edit to it, as a share of its latent',
      default: '0.2',
    },
    ...measurementFlags,
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    ...engineFlags,
  ],
  run: runEdit,
};

async function runEdit(args: CommandArgs, io: CommandIo): Promise<number> {
  const [source, target] = [requiredOption(args, 'source'), requiredOption(args, 'target')];
  const out = resolve(io.cwd, requiredOption(args, 'out'));
  const share = (flag: string): number => numberOption(args, flag, { min: 0, max: 1 })!;
  const [cross, self, pull] = [share('cross'), share('self'), share('pull')];
  const scale = numberOption(args, 'guidance', { min: 0 })!;
  const iterations = numberOption(args, 'null-steps', { min: 0, whole: true })!;
  const steps = numberOption(args, 'steps', { min: 1, max: 1000, whole: true })!;
  const seed = key(numberOption(args, 'seed', { whole: true })!);
  const strip = textOption(args, 'strip');
  const weight = numberOption(args, 'content-weight', { min: 0 })!;
  const content = textOption(args, 'content');
  await startEngine(args);
  const held: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(each: T): T => {
    held.push(each);
    return each;
  };
  try {
    // Before the model, which is large, and all that it does: a wrong folder is to be told at once.
    const seen = content === undefined ? undefined : keep(await contentFeatures(io.cwd, content));
    const opened = keep(await openModel(io.cwd, requiredOption(args, 'model')));
    const { model, pipeline } = opened;
    if (!pipeline)
      throw new LabError('argument', '--model reads no texts', {
        argument: '--model',
        expected: "a folder of Stable Diffusion in diffusers' layout",
      });
    const { schedule } = model;
    const times = schedule.times(steps);
    const change = promptEditOf(args, pipeline, { source, target });
    const [one, other, none] = [source, target, ''].map((each) => keep(pipeline.embed([each]))) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const isCorrupted = textOption(args, 'task') !== undefined;
    const measurement = isCorrupted
      ? await readMeasurement(args, io, { unit: opened.unit, key: foldIn(seed, 0) })
      : undefined;
    if (measurement) keep(measurement.y);
    io.progress(0.1, measurement ? 'restoring' : 'inverting');
    const shared = { steps, seed, signal: io.signal };
    const clean = keep(
      measurement
        ? await restored(measurement, opened, { ...shared, condition: one })
        : await encoded(args, io, opened),
    );
    const shown = await pictureOf(clean, opened);
    io.progress(0.3, 'inverting');
    const inversion = keep(
      await nullTextInversion(clean, {
        denoiser: model.denoiser,
        schedule,
        times,
        condition: one,
        unconditional: none,
        scale,
        iterations,
        signal: io.signal,
      }),
    );
    io.progress(0.6, 'editing');
    const until = measurement ? Math.round(pull * steps) : 0;
    const tuning = measurement && keep(await tuningOf(measurement, opened));
    // The last step ends at the image itself, where nothing pulls.
    const length = weight / Math.max(1, steps - until - 1);
    const kept = seen && (await contentOf(clean, opened.model, { features: seen.features, share: length }));
    const edited = await editWithPrompts(clean, {
      denoiserWith: ({ text, image }) => pipeline.denoiserWith({ attendText: text, attendImage: image }),
      edit: change,
      schedule,
      times,
      source: one,
      target: other,
      cross,
      self,
      inversion,
      controls: [
        ...(tuning ? [duringSteps(tuning.control, until)] : []),
        ...(kept ? [fromStep(kept, until)] : []),
      ],
      key: foldIn(seed, 2),
      signal: io.signal,
    });
    keep(edited.source);
    keep(edited.target);
    const pictures = [
      shown,
      await pictureOf(edited.source, opened),
      await pictureOf(edited.target, opened),
    ] as const;
    await writeWhole(out, encodePng(pictures[2]));
    if (strip !== undefined) await writeWhole(resolve(io.cwd, strip), encodePng(imageGrid([[...pictures]])));
    const report = {
      shape: pictures[2].shape,
      reconstruction: rootMeanSquare(pictures[1].data, shown.data),
      change: rootMeanSquare(pictures[2].data, shown.data),
      ...(seen && { contrast: await contrastOf(edited.target, clean, { ...opened.model, ...seen }) }),
      units: 'root mean squares of pixels in [0, 1], to the image that was edited',
    };
    io.stdout(`${JSON.stringify(report)}\n`);
    return 0;
  } finally {
    for (const each of held.reverse()) each.dispose();
  }
}

/** Stage 1 of STSL-CAT: clean latents of the measurement. */
async function restored(
  { y, operator, preset, noise }: Measurement,
  { model }: OpenedModel,
  {
    seed,
    ...shared
  }: { steps: number; condition: Tensor; signal: AbortSignal; seed: ReturnType<typeof key> },
): Promise<Tensor> {
  const { images, latents } = await stslRestore(y, operator, model, {
    ...presets[preset],
    ...shared,
    ...(noise > 0 && { noiseDeviation: noise }),
    key: foldIn(seed, 1),
  });
  images.dispose();
  return latents;
}

/** Stage 2: the measurement's pull on the edit. */
async function tuningOf(
  { y, operator, preset }: Measurement,
  { model }: OpenedModel,
): Promise<{ control: Control; dispose(): void }> {
  const problem = imageProblem({ ...model, operator, y });
  const control = await stsl(problem, { ...presets[preset], inner: 1 });
  return { control, dispose: () => problem.dispose?.() };
}

async function encoded(args: CommandArgs, { cwd }: CommandIo, { model, unit }: OpenedModel): Promise<Tensor> {
  const image = batchOf(await readOwnImage(cwd, args.arguments[0]!, unit));
  try {
    return tf.tidy(() => model.autoencoder.encode(image));
  } finally {
    image.dispose();
  }
}

async function pictureOf(latents: Tensor, { model }: OpenedModel) {
  const images = decodeImages(model.autoencoder, latents);
  try {
    return asPicture(await singleOf(images));
  } finally {
    images.dispose();
  }
}

function rootMeanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const squares = Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  return Number(Math.sqrt(squares / a.length).toFixed(4));
}
