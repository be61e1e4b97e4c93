import { resolve } from 'node:path';
import { encodePng, imageGrid, type ImageArray } from '@lab/datasets/images';
import { readImage } from '@lab/datasets/node';
import { sample } from '@lab/diffusion-core';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { engineFlags, numberOption, startEngine, textOption, writeWhole } from '@lab/experiment/cli';
import { tf, type Tensor } from '@lab/tensor-core';
import { foldIn, key as seed, type Key } from '@lab/tensor-core/random';
import { descriptorCost, type DescriptorTerm } from '../costs';
import { describe, greyDescriptor } from '../descriptors';
import { proximalSoc } from '../soc';
import { folderOf, openPrior, type OpenedPrior } from './open-prior';
import { fromModel, scaled, square, toModel } from './pictures';
import { side } from './prior';
import { styleTerms } from './style-terms';

/** `lab rb-modulation stylize`: an image in the style of another. */
export const stylize: PaperCommand = {
  name: 'stylize',
  summary: 'Make an image in the style of a reference image',
  description:
    'Reads a style reference (PNG, JPEG, or WebP where sharp is installed) and, with --content, the image that shall be shown in ' +
    'that style; writes a PNG. The model that generates is a small one, trained for half a minute on squares of the two images, ' +
    'a rectified flow of pixels in an ONNX file, or Stable Diffusion 1 or 2 in a folder of diffusers (--model). Style is compared by colours and textures, or by CSD with its ' +
    "weights (--csd). Prints how near the style is to the reference's, before and after.",
  arguments: [{ name: 'STYLE', description: 'the style reference' }],
  options: [
    {
      flag: 'content',
      value: 'FILE',
      description: 'the image to show in this style (default: none, from noise)',
    },
    { flag: 'out', value: 'FILE', description: 'the result', default: 'stylized.png' },
    { flag: 'strip', value: 'FILE', description: 'a PNG of intermediate results side by side' },
    { flag: 'frames', value: 'N', description: 'images of the strip', default: '6' },
    {
      flag: 'size',
      value: 'N',
      description: 'longer side of the result in pixels (default: 64, with Stable Diffusion 512)',
    },
    {
      flag: 'strength',
      value: 'X',
      description: 'share of noise that the content is given, in (0, 1]',
      default: '0.6',
    },
    { flag: 'steps', value: 'N', description: 'sampling steps', default: '20' },
    { flag: 'eta', value: 'X', description: 'step size of the controller', default: '0.1' },
    { flag: 'inner', value: 'N', description: 'inner iterations of the controller, M', default: '3' },
    {
      flag: 'content-weight',
      value: 'X',
      description: 'weight of the content beside the style',
      default: '1',
    },
    { flag: 'train-steps', value: 'N', description: 'training steps of the model', default: '300' },
    {
      flag: 'model',
      value: 'PATH',
      description:
        'an ONNX file of a rectified flow of images, or a folder of Stable Diffusion; no training then',
    },
    { flag: 'prompt', value: 'TEXT', description: 'what Stable Diffusion shall show (default: not told)' },
    { flag: 'guidance', value: 'X', description: 'scale of the guidance by the prompt', default: '7.5' },
    { flag: 'inputs', value: 'NAMES', description: 'its inputs for image and time', default: 'x,t' },
    {
      flag: 'predicts',
      value: 'WORD',
      description: 'what it puts out: velocity, sample, epsilon',
      default: 'velocity',
    },
    {
      flag: 'channels',
      value: 'WORD',
      description: 'where it has the channels: first, last',
      default: 'first',
    },
    { flag: 'csd', value: 'FILE', description: 'weights of CSD as safetensors' },
    { flag: 'seed', value: 'N', description: 'seed of all draws', default: '0' },
    ...engineFlags,
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const whole = (flag: string, min: number, fallback: number): number =>
    numberOption(args, flag, { min, whole: true }) ?? fallback;
  const folder = await folderOf(args, io);
  const size = whole('size', side, folder ? 512 : 64);
  const key = seed(whole('seed', 0, 0));
  const contentFile = textOption(args, 'content');
  const reference = await readImage(resolve(io.cwd, args.arguments[0]!));
  const content = contentFile === undefined ? undefined : await readImage(resolve(io.cwd, contentFile));
  const images = [scaledToFit(reference, size), ...(content ? [scaledToFit(content, size)] : [])];
  await startEngine(args);

  const owned: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(each: T): T => {
    owned.push(each);
    return each;
  };
  try {
    const prior = keep(await openPrior(args, io, { folder, images, key: foldIn(key, 0) }));
    const target = keep(toModel(square(reference, size)));
    const shown = content && keep(toModel(scaled(content, size, prior.unit)));
    const style = keep(
      await styleTerms(target, {
        csdFile: textOption(args, 'csd'),
        cwd: io.cwd,
        key: foldIn(key, 1),
      }),
    );
    const weight = numberOption(args, 'content-weight', { min: 0 }) ?? 1;
    const terms = [...style.terms, ...(shown && weight > 0 ? [await contentTerm(shown, weight)] : [])];
    const before = shown && (await distance(style.terms, shown));
    const { result, frames } = await generate(args, io, { prior, terms, shown, size, key: foldIn(key, 2) });
    keep(result);
    const after = await distance(style.terms, result);
    const out = textOption(args, 'out')!;
    await writeWhole(resolve(io.cwd, out), encodePng(await fromModel(result)));
    const stripFile = textOption(args, 'strip');
    if (stripFile !== undefined) await writeWhole(resolve(io.cwd, stripFile), encodePng(imageGrid([frames])));
    io.stdout(
      `${out}: distance of style to the reference ${before === undefined ? '' : `${before.toFixed(3)} before, `}${after.toFixed(3)}` +
        `${before === undefined ? '' : ' after'}\n`,
    );
    return 0;
  } finally {
    for (const each of owned) each.dispose();
  }
}

/** So large that the model's squares can be cut out, whatever the shape. */
function scaledToFit(image: ImageArray, size: number): ImageArray {
  const [height, width] = image.shape as [number, number, number];
  const narrow = (size * Math.min(height, width)) / Math.max(height, width);
  return narrow >= side ? scaled(image, size) : square(image, size);
}

async function contentTerm(shown: Tensor, weight: number): Promise<DescriptorTerm> {
  const descriptor = greyDescriptor(shown.shape.slice(1) as [number, number, number]);
  return { descriptor, target: await describe(descriptor, shown), weight };
}

/** The cost of the style terms, 0 at the reference itself. */
async function distance(terms: readonly DescriptorTerm[], image: Tensor): Promise<number> {
  const losses = tf.tidy(() => descriptorCost(terms).losses(image));
  const [value] = await losses.data();
  losses.dispose();
  return value!;
}

interface Generation {
  readonly prior: OpenedPrior;
  readonly terms: readonly DescriptorTerm[];
  readonly shown: Tensor | undefined;
  readonly size: number;
  readonly key: Key;
}

/** From noise, or from the content given noise (SDEdit), under the controller. */
async function generate(args: CommandArgs, io: CommandIo, { prior, terms, shown, size, key }: Generation) {
  const number = (flag: string, limits: Parameters<typeof numberOption>[2], fallback: number): number =>
    numberOption(args, flag, limits) ?? fallback;
  const steps = number('steps', { min: 1, whole: true }, 20);
  const wanted = number('frames', { min: 1, whole: true }, 6);
  const strength = shown ? number('strength', { min: 0.01, max: 1 }, 0.6) : 1;
  const eta = number('eta', { min: 0 }, 0.1);
  const { denoiser, schedule, unit } = prior;
  const decode = (states: Tensor): Tensor => prior.decode(states);
  const control = proximalSoc(descriptorCost(terms, { decode }), {
    eta,
    steps: number('inner', { min: 0, whole: true }, 3),
  });
  const times = schedule.times(steps).map((t) => strength * t);
  const frames: ImageArray[] = [];
  const pictureOf = async (states: Tensor): Promise<ImageArray> => {
    const images = tf.tidy(() => decode(states));
    const picture = await fromModel(images);
    images.dispose();
    return picture;
  };
  const init = tf.tidy(() => {
    const sized = Math.max(unit, unit * Math.round(size / unit));
    const clean = prior.encode(shown ?? tf.zeros([1, sized, sized, 3]));
    const noise = denoiser.space.normal(foldIn(key, 0), clean.shape);
    if (!shown) return noise;
    return tf.add(tf.mul(clean, schedule.alpha(times[0]!)), tf.mul(noise, schedule.sigma(times[0]!)));
  });
  try {
    const { samples } = await sample(denoiser, {
      schedule,
      times,
      init,
      key: foldIn(key, 1),
      controls: [control],
      signal: io.signal,
      async onStep({ index, x0 }) {
        io.progress(0.7 + (0.3 * (index + 1)) / steps, 'sampling');
        const due = Math.round(((frames.length + 1) * steps) / Math.min(wanted, steps)) - 1;
        if (index === due) frames.push(await pictureOf(x0));
      },
    });
    const result = tf.tidy(() => decode(samples));
    samples.dispose();
    return { result, frames };
  } finally {
    init.dispose();
  }
}
