import { transpose } from './arrange';
import type { Attributes, Graph, Value } from './types';
import { reverse, slice, view } from './pieces';

type Pair = readonly [rows: number, columns: number];

/** How a window moves over an image: places of the image, of the result, and what lies between. */
export interface Geometry {
  readonly size: Pair;
  readonly outSize: Pair;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Places of padding above and to the left. */
  readonly before: Pair;
}

/** How far the windows reach over the end of the image; below zero, how much of it they leave out. */
export function overhang(
  { size, outSize, kernel, strides, dilations, before }: Geometry,
  axis: 0 | 1,
): number {
  return (
    (outSize[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - size[axis] - before[axis]
  );
}

/** Attributes that ONNX's operators with windows share. */
export function windowAttributes(geometry: Geometry): Attributes {
  const { kernel, strides, before } = geometry;
  return {
    kernel_shape: [...kernel],
    strides: [...strides],
    pads: [...before, Math.max(0, overhang(geometry, 0)), Math.max(0, overhang(geometry, 1))],
  };
}

/** Places that the runtime counts by itself, which may be more than asked for when the image is not reached to its end. */
export function countedPlaces({
  size,
  kernel,
  strides,
  dilations,
  before,
  outSize,
}: Geometry): [number, number] {
  const geometry = { size, kernel, strides, dilations, before, outSize };
  const along = (axis: 0 | 1): number => {
    const room = size[axis] + before[axis] + Math.max(0, overhang(geometry, axis));
    return Math.floor((room - (kernel[axis] - 1) * dilations[axis] - 1) / strides[axis]) + 1;
  };
  return [along(0), along(1)];
}

/**
 * Convolution, channels first.
 *
 * @param x [batch, groups * i, h, w]
 * @param filter [o, i, k, l]
 * @returns [batch, o, p, q]
 */
export function convolve(g: Graph, x: Value, filter: Value, geometry: Geometry, groups = 1): Value {
  const shape = [x.shape[0]!, filter.shape[0]!, ...geometry.outSize];
  const counted = [...shape.slice(0, 2), ...countedPlaces(geometry)];
  const attributes = { ...windowAttributes(geometry), dilations: [...geometry.dilations], group: groups };
  const found = g.op('Conv', [x, filter], { shape: counted, dtype: 'float32' }, { attributes });
  return slice(g, found, [0, 0, 0, 0], shape);
}

/**
 * The transpose of {@link convolve} in its image, so its gradient.
 *
 * @param dy [batch, o, p, q]
 * @param filter [o, i, k, l]
 * @returns [batch, groups * i, h, w]
 */
export function convolveBack(g: Graph, dy: Value, filter: Value, geometry: Geometry, groups = 1): Value {
  const { size, kernel, strides, dilations, before, outSize } = geometry;
  const [outputs, channels] = [filter.shape[0]!, filter.shape[1]! * groups];
  const over = [overhang(geometry, 0), overhang(geometry, 1)] as const;
  // Without a stride it is a convolution with the filter turned round, which the runtime has in several threads. With few
  // channels of the image it multiplies long thin matrices, where the other operator is ahead.
  if (
    groups === 1 &&
    strides[0] === 1 &&
    strides[1] === 1 &&
    4 * channels >= outputs &&
    over[0] >= 0 &&
    over[1] >= 0
  ) {
    const turned = reverse(g, transpose(g, filter, [1, 0, 2, 3]), [2, 3]);
    const reach = [(kernel[0] - 1) * dilations[0], (kernel[1] - 1) * dilations[1]] as const;
    const behind = {
      size: outSize,
      outSize: size,
      kernel,
      strides,
      dilations,
      before: [reach[0] - before[0], reach[1] - before[1]],
    } as const;
    if (behind.before[0] >= 0 && behind.before[1] >= 0) return convolve(g, dy, turned, behind);
  }
  const batch = dy.shape[0]!;
  // What all windows reach together: the image with its padding, or less of it.
  const reached = ([0, 1] as const).map(
    (axis) => (outSize[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1,
  );
  const cut = ([0, 1] as const).map((axis) => before[axis] + Math.max(0, over[axis]));
  // The runtime cuts the padding off, but wants something to remain.
  const cutsItself = reached.every((length, axis) => length > cut[axis]!);
  const attributes = { ...windowAttributes(geometry), dilations: [...dilations], group: groups };
  const found = g.op(
    'ConvTranspose',
    [dy, filter],
    {
      shape: [batch, channels, ...reached.map((length, axis) => (cutsItself ? length - cut[axis]! : length))],
      dtype: 'float32',
    },
    { attributes: cutsItself ? attributes : { ...attributes, pads: [0, 0, 0, 0] } },
  );
  // Rows that no window reached have no part in the result.
  return view(
    g,
    found,
    size.map((length, axis) => ({ start: cutsItself ? 0 : before[axis as 0 | 1], length })),
  );
}
