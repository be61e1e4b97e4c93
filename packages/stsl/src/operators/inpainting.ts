import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, randint, uniform, type Key } from '@lab/tensor-core/random';
import type { LinearOperator } from './types';

/**
 * Keeps the pixels where the mask [H, W] is 1 and puts 0 where it is 0, in every channel. The first guess is the masked
 * image.
 *
 * @throws LabError `argument` for other entries or a mask that keeps nothing, `shape` for images of another size
 */
export function inpainting(
  mask: Array64,
  { name = 'inpainting' }: { readonly name?: string } = {},
): LinearOperator {
  const [height, width] = mask.shape;
  if (mask.shape.length !== 2 || !mask.data.every((each) => each === 0 || each === 1))
    throw new LabError('argument', 'inpainting: the mask is [H, W] of 0 and 1, 1 where a pixel is observed', {
      argument: 'mask',
      received: mask.shape,
    });
  if (!mask.data.includes(1))
    throw new LabError('argument', 'inpainting: the mask keeps no pixel, so nothing is measured', {
      argument: 'mask',
      hint: 'for unconditional samples, sample without a measurement',
    });
  const measurementShape = (image: readonly number[]): readonly number[] => {
    if (image[0] !== height || image[1] !== width)
      throw new LabError('shape', 'inpainting: the mask was made for images of another size', {
        expected: mask.shape,
        received: image,
      });
    return image;
  };
  const masked = (x: Tensor): Tensor => {
    measurementShape(x.shape.slice(1));
    return tf.tidy(() => tf.mul(x, tf.tensor(Float32Array.from(mask.data), [1, height!, width!, 1])));
  };
  return { name, measurementShape, forward: masked, adjoint: masked, initFrom: masked };
}

export interface MaskSize {
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
}

export interface BoxMaskOptions extends MaskSize {
  /** Side of the square hole in pixels. */
  readonly hole: number;
  /** Pixels that stay observed at every border. @default 0 */
  readonly margin?: number;
  /** Places the hole, uniformly. */
  readonly key: Key;
}

/** @throws LabError `argument` when hole and margins do not fit */
export function boxMask({ height, width, hole, margin = 0, key }: BoxMaskOptions): Array64 {
  const free = [height, width].map((side) => side - 2 * margin - hole);
  if (!(Number.isInteger(hole) && hole > 0 && margin >= 0 && free.every((each) => each >= 0)))
    throw new LabError('argument', 'boxMask: the hole and its margins fit into the image', {
      received: { height, width, hole, margin },
    });
  const [top, left] = free.map(
    (each, axis) => margin + randint(foldIn(key, axis), 1, { high: each + 1 })[0]!,
  ) as [number, number];
  return maskOf({ height, width }, (i, j) => i < top || i >= top + hole || j < left || j >= left + hole);
}

export interface RandomMaskOptions extends MaskSize {
  /** Share of pixels that is dropped, in [0, 1). */
  readonly share: number;
  /** Chooses the pixels. */
  readonly key: Key;
}

/** Drops each pixel, all channels together, with probability `share`. */
export function randomMask({ height, width, share, key }: RandomMaskOptions): Array64 {
  if (!(share >= 0 && share < 1))
    throw new LabError('argument', 'randomMask: share in [0, 1)', { argument: 'share', received: share });
  const draws = uniform(key, height * width);
  return maskOf({ height, width }, (i, j) => draws[i * width + j]! >= share);
}

export interface StripeMaskOptions extends MaskSize {
  /** Pixels from one stripe to the next. */
  readonly period: number;
  /** Pixels that a stripe covers, less than `period`. */
  readonly stripe: number;
  /** `horizontal` stripes cover rows. @default 'horizontal' */
  readonly axis?: 'horizontal' | 'vertical';
}

/** Stripes of missing pixels, such as a broken sensor line leaves. */
export function stripeMask({
  height,
  width,
  period,
  stripe,
  axis = 'horizontal',
}: StripeMaskOptions): Array64 {
  if (!(Number.isInteger(period) && Number.isInteger(stripe) && stripe > 0 && stripe < period))
    throw new LabError('argument', 'stripeMask: whole pixels with 0 < stripe < period', {
      received: { period, stripe },
    });
  return maskOf({ height, width }, (i, j) => (axis === 'horizontal' ? i : j) % period >= stripe);
}

export interface StrokeMaskOptions extends MaskSize {
  /** Number of brush strokes. @default 4 */
  readonly strokes?: number;
  /** Width of the brush in pixels. @default 6 */
  readonly brush?: number;
  /** Draws the strokes. */
  readonly key: Key;
}

/** Free-form holes: strokes of a round brush, each of a few straight lines. */
export function strokeMask({ height, width, strokes = 4, brush = 6, key }: StrokeMaskOptions): Array64 {
  if (!(Number.isInteger(strokes) && strokes >= 0 && brush > 0))
    throw new LabError('argument', 'strokeMask: strokes >= 0 and brush > 0', {
      received: { strokes, brush },
    });
  const corners = 4;
  const lines: number[][] = [];
  for (let s = 0; s < strokes; s++) {
    const draws = uniform(foldIn(key, s), 2 * corners);
    for (let c = 1; c < corners; c++)
      lines.push([
        draws[2 * c - 2]! * height,
        draws[2 * c - 1]! * width,
        draws[2 * c]! * height,
        draws[2 * c + 1]! * width,
      ]);
  }
  return maskOf({ height, width }, (i, j) =>
    lines.every(([a, b, c, d]) => distanceToLine([i, j], [a!, b!], [c!, d!]) > brush / 2),
  );
}

function distanceToLine(
  [x, y]: readonly [number, number],
  [a, b]: readonly [number, number],
  [c, d]: readonly [number, number],
): number {
  const length = (c - a) ** 2 + (d - b) ** 2;
  const along = length === 0 ? 0 : ((x - a) * (c - a) + (y - b) * (d - b)) / length;
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(x - a - at * (c - a), y - b - at * (d - b));
}

function maskOf({ height, width }: MaskSize, observed: (i: number, j: number) => boolean): Array64 {
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0))
    throw new LabError('argument', 'a mask has a height and width of positive integers', {
      received: { height, width },
    });
  return {
    shape: [height, width],
    data: Float64Array.from({ length: height * width }, (_, at) =>
      observed(Math.floor(at / width), at % width) ? 1 : 0,
    ),
  };
}
