import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** What a metric of images expects of its input; `name` is the metric's, for the message. */
export interface ImagePairOptions {
  readonly name: string;
  /** Difference of the greatest and the least possible value. */
  readonly range: number;
}

/**
 * The shape [B, H, W, C] that two batches of images have in common.
 *
 * @throws LabError `shape` when they are no two batches of one shape, `argument` when the range is not positive
 */
export function imagePair(
  a: Array64,
  b: Array64,
  { name, range }: ImagePairOptions,
): [batch: number, height: number, width: number, channels: number] {
  if (a.shape.length !== 4 || a.shape.join() !== b.shape.join() || a.data.length === 0)
    throw new LabError('shape', `${name}: two batches of images of one shape, at least one image`, {
      expected: '[B, H, W, C] twice',
      received: [a.shape, b.shape],
    });
  if (!(range > 0 && Number.isFinite(range)))
    throw new LabError('argument', `${name}: range is the positive difference of the extreme values`, {
      argument: 'range',
      received: range,
      hint: '2 for images in [-1, 1], 1 for [0, 1], 255 for bytes',
    });
  return a.shape as [number, number, number, number];
}
