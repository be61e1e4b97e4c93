import { expand, reshape } from './arrange';
import { div, mul, number } from './arithmetic';
import { convolveBack, countedPlaces, windowAttributes, type Geometry } from './convolution';
import { cast } from './elementwise';
import { sizeOf } from './graph';
import { pad, slice } from './pieces';
import type { Graph, Value } from './types';

/*
 * Pooling, channels first: [batch, channels, h, w] to [batch, channels, p, q].
 */

/** The largest entry of each window. */
export function maxPool(g: Graph, x: Value, geometry: Geometry): Value {
  const counted = [...x.shape.slice(0, 2), ...countedPlaces(geometry)];
  const options = { attributes: windowAttributes(geometry) };
  const found = g.op('MaxPool', [x], { shape: counted, dtype: 'float32' }, options);
  return slice(g, found, [0, 0, 0, 0], [...x.shape.slice(0, 2), ...geometry.outSize]);
}

/** Of each window, in scan order, where the first of the largest entries lies in the whole of `x`; int64. */
export function largestPlaces(g: Graph, x: Value, geometry: Geometry): Value {
  const counted = [...x.shape.slice(0, 2), ...countedPlaces(geometry)];
  const types = [
    { shape: counted, dtype: 'float32' },
    { shape: counted, dtype: 'int64' },
  ] as const;
  const [, places] = g.ops('MaxPool', [x], types, { attributes: windowAttributes(geometry) });
  return slice(g, places!, [0, 0, 0, 0], [...x.shape.slice(0, 2), ...geometry.outSize]);
}

/** Each entry of dy goes where its window's largest entry was. */
export function maxPoolBack(g: Graph, dy: Value, x: Value, geometry: Geometry): Value {
  const size = sizeOf(x);
  const sums = g.op(
    'ScatterElements',
    [
      g.splat(0, { shape: [size], dtype: 'float32' }),
      reshape(g, largestPlaces(g, x, geometry), [sizeOf(dy)]),
      reshape(g, dy, [sizeOf(dy)]),
    ],
    { shape: [size], dtype: 'float32' },
    { attributes: { axis: 0, reduction: 'add' } },
  );
  return reshape(g, sums, x.shape);
}

/** The mean of each window's entries inside of the image. */
export function averagePool(g: Graph, x: Value, geometry: Geometry): Value {
  const counted = [...x.shape.slice(0, 2), ...countedPlaces(geometry)];
  const attributes = { ...windowAttributes(geometry), count_include_pad: 0 };
  const found = g.op('AveragePool', [x], { shape: counted, dtype: 'float32' }, { attributes });
  return slice(g, found, [0, 0, 0, 0], [...x.shape.slice(0, 2), ...geometry.outSize]);
}

/** Each entry of dy is shared out evenly among the places of its window that lie inside of the image. */
export function averagePoolBack(g: Graph, dy: Value, geometry: Geometry): Value {
  const [batch, channels] = dy.shape as [number, number];
  const { size, outSize, kernel, strides, before } = geometry;
  const tiles = kernel.every((length, axis) => {
    const end = outSize[axis as 0 | 1] * length;
    return length === strides[axis as 0 | 1] && before[axis as 0 | 1] === 0 && end <= size[axis as 0 | 1];
  });
  if (tiles) {
    const shares = div(g, dy, number(g, kernel[0] * kernel[1], dy));
    const spread = expand(g, reshape(g, shares, [batch, channels, outSize[0], 1, outSize[1], 1]), [
      ...[batch, channels],
      ...[outSize[0], kernel[0], outSize[1], kernel[1]],
    ]);
    const covered = [outSize[0] * kernel[0], outSize[1] * kernel[1]] as const;
    const rest = [size[0] - covered[0], size[1] - covered[1]] as const;
    return pad(g, reshape(g, spread, [batch, channels, ...covered]), [[0, 0], [0, 0], [0, rest[0]], [0, rest[1]]], 0); // prettier-ignore
  }
  const shares = reshape(g, mul(g, dy, sharesInside(g, geometry)), [batch * channels, 1, ...outSize]);
  const ones = g.splat(1, { shape: [1, 1, ...kernel], dtype: 'float32' });
  return reshape(g, convolveBack(g, shares, ones, geometry), [batch, channels, ...size]);
}

/** One over the number of each window's places inside of the image: [1, 1, p, q]. */
function sharesInside(g: Graph, geometry: Geometry): Value {
  const [rows, columns] = [inside(geometry, 0), inside(geometry, 1)];
  const shares = Float32Array.from(rows.flatMap((row) => columns.map((column) => 1 / (row * column))));
  return g.constant(shares, { shape: [1, 1, ...geometry.outSize], dtype: 'float32' });
}

function inside({ size, outSize, kernel, strides, before }: Geometry, axis: 0 | 1): number[] {
  return Array.from({ length: outSize[axis] }, (_, i) => {
    const start = i * strides[axis] - before[axis];
    return Math.min(start + kernel[axis], size[axis]) - Math.max(start, 0);
  });
}

/** Places in [batch, channels, h, w] as places in [batch, h, w, channels], or in one image of those; int32. */
export function placesChannelsLast(
  g: Graph,
  places: Value,
  shape: readonly number[],
  withBatch: boolean,
): Value {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const area = g.splat(height * width, { shape: [], dtype: 'int64' });
  const inImage = cast(g, g.op('Mod', [places, area], places), 'int32');
  const spread = mul(g, inImage, g.splat(channels, { shape: [], dtype: 'int32' }));
  const count = (length: number, step: number, own: readonly number[]): Value =>
    g.constant(Int32Array.from({ length }, (_, i) => i * step), { shape: own, dtype: 'int32' }); // prettier-ignore
  const ofChannel = g.op('Add', [spread, count(channels, 1, [1, channels, 1, 1])], spread);
  if (!withBatch) return ofChannel;
  return g.op('Add', [ofChannel, count(batch, height * width * channels, [batch, 1, 1, 1])], spread);
}
