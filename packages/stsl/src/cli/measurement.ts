import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Key } from '@lab/tensor-core/random';
import { fromArray64, toArray64 } from '@lab/diffusion-core';
import type { CommandArgs, CommandIo, CommandOption } from '@lab/experiment';
import { numberOption, requiredOption, textOption } from '@lab/experiment/cli';
import { imagesOf } from '../batch-images';
import { gaussianNoise, type MeasurementOperator } from '../operators';
import type { PresetTask } from '../stsl';
import { readMask, readOwnImage } from './own-images';
import { readTask } from './task-option';

/** What says how an image was measured, besides `--task`. */
export const measurementFlags: readonly CommandOption[] = [
  { flag: 'mask', value: 'FILE', description: 'image that is white where pixels are observed' },
  { flag: 'noise', value: 'X', description: 'deviation of the noise, on the scale [-1, 1]', default: '0.05' },
  { flag: 'degrade', description: 'the image is clean: measure it first' },
];

export interface Measurement {
  /** The user's image, [H, W, 3] in [-1, 1]: the clean one with `--degrade`, otherwise what was measured. */
  readonly image: Array64;
  readonly isClean: boolean;
  readonly operator: MeasurementOperator;
  readonly preset: PresetTask;
  /** [1, h, w, 3], the caller's. */
  readonly y: Tensor;
  readonly noise: number;
}

/**
 * Reads the user's image and measures it where it is clean.
 *
 * @throws LabError `missing` or `format` for a file, `argument` for the task
 */
export async function readMeasurement(
  args: CommandArgs,
  { cwd }: CommandIo,
  { unit, key }: { readonly unit: number; readonly key: Key },
): Promise<Measurement> {
  const noise = numberOption(args, 'noise', { min: 0 })!;
  const isClean = args.options.degrade === true;
  const maskFile = textOption(args, 'mask');
  const mask = maskFile === undefined ? undefined : await readMask(cwd, maskFile, unit);
  const { preset, factor, operator: operatorFor } = readTask(requiredOption(args, 'task'), mask);
  const whole = isClean ? commonMultiple(unit, factor) : commonMultiple(unit, factor) / factor;
  const image = await readOwnImage(cwd, args.arguments[0]!, whole);
  const scale = isClean ? 1 : factor;
  const operator = operatorFor([image.shape[0]! * scale, image.shape[1]! * scale]);
  const given = batchOf(image);
  if (!isClean) return { image, isClean, operator, preset, y: given, noise };
  const y = tf.tidy(() => gaussianNoise(operator.forward(given), { deviation: noise, key }));
  given.dispose();
  return { image, isClean, operator, preset, y, noise };
}

/** An image [H, W, C] as a batch of one; a new tensor. */
export function batchOf({ shape, data }: Array64): Tensor {
  return fromArray64({ shape: [1, ...shape], data });
}

/** The one image of a batch. */
export async function singleOf(batch: Tensor): Promise<Array64> {
  return imagesOf(await toArray64(batch))[0]!;
}

function commonMultiple(a: number, b: number): number {
  let each = a;
  while (each % b !== 0) each += a;
  return each;
}
