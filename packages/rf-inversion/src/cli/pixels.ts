import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CommandArgs, CommandIo } from '@lab/experiment';
import { numberOption, textOption } from '@lab/experiment/cli';
import { fitImage, type ImageArray } from '@lab/datasets/images';
import { readImage } from '@lab/datasets/node';
import { loadWeights } from '@lab/models';
import { taef2Decoder, taef2Encoder, taef2Factor } from '@lab/models/taef2';
import { disposeTree, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Field } from './field';

/** Between images [h, w, c] in [0, 1] and the states [1, ...] of a flow. */
export interface Pixels {
  /** The image as the model sees it: of its size and channels. */
  readonly image: ImageArray;
  /** The caller's to dispose. */
  readonly state: Tensor;
  show(state: Tensor): Promise<ImageArray>;
  dispose(): void;
}

/** Reads the image that the arguments name, at the size that the field takes. */
export async function openPixels(args: CommandArgs, io: CommandIo, field: Field): Promise<Pixels> {
  const path = resolve(io.cwd, args.arguments[0]!);
  const autoencoder = textOption(args, 'autoencoder');
  const factor = autoencoder === undefined ? 1 : taef2Factor;
  const channels = autoencoder === undefined ? (field.shape[2] ?? 3) : 3;
  if (channels !== 1 && channels !== 3)
    throw new LabError('unsupported', 'the model takes neither grey nor colour images', {
      argument: '--model',
      received: `${channels} channels`,
      hint: 'for a model of TAEF2 latents give --autoencoder',
    });
  const whole = await readImage(path, { channels });
  const size = sizeOf(args, { whole, field, factor });
  const fitted = fitImage(whole, size);
  const image = args.options.negative === true ? negative(fitted) : fitted;
  return autoencoder === undefined
    ? plainPixels(image)
    : latentPixels(image, await autoencoderFiles(io.cwd, autoencoder));
}

/** The model's own size, the one asked for, or the image's cut to whole cells. */
function sizeOf(
  args: CommandArgs,
  { whole, field, factor }: { whole: ImageArray; field: Field; factor: number },
): { height: number; width: number } {
  const asked = numberOption(args, 'size', { min: 1, whole: true });
  const sides = [0, 1].map((axis) => {
    const own = field.shape[axis];
    if (own !== undefined) return own * factor;
    return asked ?? Math.max(1, Math.floor(whole.shape[axis]! / (8 * factor))) * 8 * factor;
  }) as [number, number];
  const [height, width] = sides;
  if (asked !== undefined && (height !== asked || width !== asked))
    throw new LabError('argument', 'the model has a size of its own', {
      argument: '--size',
      expected: `${height} by ${width}`,
      received: asked,
    });
  if (height % factor !== 0 || width % factor !== 0)
    throw new LabError('argument', `--size is a multiple of ${factor} for this autoencoder`, {
      argument: '--size',
      received: asked,
    });
  return { height, width };
}

const negative = ({ shape, data }: ImageArray): ImageArray => ({ shape, data: data.map((each) => 1 - each) });

async function imageOf(tensor: Tensor): Promise<ImageArray> {
  return { shape: tensor.shape.slice(1), data: Float64Array.from(await tensor.data()) };
}

function plainPixels(image: ImageArray): Pixels {
  const state = tf.tensor(
    Float32Array.from(image.data, (each) => 2 * each - 1),
    [1, ...image.shape],
  );
  return {
    image,
    state,
    show: async (x) => {
      const { shape, data } = await imageOf(x);
      return { shape, data: data.map((each) => Math.min(1, Math.max(0, (each + 1) / 2))) };
    },
    dispose: () => undefined,
  };
}

interface AutoencoderFiles {
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
}

function latentPixels(image: ImageArray, files: AutoencoderFiles): Pixels {
  const [encoder, decoder] = [taef2Encoder(), taef2Decoder()];
  const params = {
    encoder: loadWeights(encoder, files.encoder),
    decoder: loadWeights(decoder, files.decoder),
  };
  const state = tidyTree(() =>
    encoder.apply(params.encoder, tf.tensor(Float32Array.from(image.data), [1, ...image.shape])),
  );
  return {
    image,
    state,
    show: async (z) => {
      const decoded = tidyTree(() => tf.clipByValue(decoder.apply(params.decoder, z), 0, 1));
      try {
        return await imageOf(decoded);
      } finally {
        decoded.dispose();
      }
    },
    dispose: () => disposeTree(params),
  };
}

const [encoderName, decoderName] = ['taef2_encoder.safetensors', 'taef2_decoder.safetensors'];

/** A folder with both files of TAEF2, or the two by name. */
async function autoencoderFiles(cwd: string, given: string): Promise<AutoencoderFiles> {
  const names = given.split(',').map((each) => resolve(cwd, each.trim()));
  const paths = names.length === 2 ? names : [join(names[0]!, encoderName), join(names[0]!, decoderName)];
  try {
    const [encoder, decoder] = await Promise.all(
      paths.map(async (path) => new Uint8Array(await readFile(path))),
    );
    return { encoder: encoder!, decoder: decoder! };
  } catch (cause) {
    throw new LabError('missing', 'the files of the autoencoder cannot be read', {
      argument: '--autoencoder',
      received: given,
      expected: `a folder with ${encoderName} and ${decoderName}, or ENCODER,DECODER`,
      cause,
    });
  }
}
