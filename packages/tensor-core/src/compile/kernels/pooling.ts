import { LabError } from '../../errors';
import { tf } from '../../tf';
import { cast } from '../graph/elementwise';
import { overhang, type Geometry } from '../graph/convolution';
import {
  averagePool,
  averagePoolBack,
  largestPlaces,
  maxPool,
  maxPoolBack,
  placesChannelsLast,
} from '../graph/pooling';
import type { Graph, Value } from '../graph/types';
import { callSite } from '../trace/call-site';
import { mapKernel } from '../trace/registry';
import { channelsAs, channelsFirst, geometryOf } from './convolutions';

type Shape4D = [number, number, number, number];

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computePool2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type DyOf = { readonly dy: Value; readonly input: Value };

/** Means and maxima over windows. */
export function mapPooling(): void {
  mapKernel<{ x: Value }, PoolAttrs>('MaxPool', ({ g, inputs: { x }, attrs }) => {
    const found = channelsAs(g, maxPool(g, image(g, x), poolGeometry(x, attrs)));
    return cast(g, found, x.dtype);
  });
  mapKernel<DyOf, PoolAttrs>('MaxPoolGrad', ({ g, inputs: { dy, input }, attrs }) =>
    channelsAs(g, maxPoolBack(g, channelsFirst(g, dy), image(g, input), gradientGeometry(dy, input, attrs))),
  );
  mapKernel<{ x: Value }, PoolAttrs & { includeBatchInIndex?: boolean }>(
    'MaxPoolWithArgmax',
    ({ g, inputs: { x }, attrs }) => {
      const [first, geometry] = [image(g, x), poolGeometry(x, attrs)];
      const places = largestPlaces(g, first, geometry);
      const indices = placesChannelsLast(g, places, first.shape, attrs.includeBatchInIndex ?? false);
      return [channelsAs(g, maxPool(g, first, geometry)), channelsAs(g, indices)];
    },
  );
  mapKernel<{ x: Value }, PoolAttrs>('AvgPool', ({ g, inputs: { x }, attrs }) =>
    channelsAs(g, averagePool(g, image(g, x), poolGeometry(x, attrs))),
  );
  mapKernel<DyOf, PoolAttrs>('AvgPoolGrad', ({ g, inputs: { dy, input }, attrs }) =>
    channelsAs(g, averagePoolBack(g, channelsFirst(g, dy), gradientGeometry(dy, input, attrs))),
  );
}

function image(g: Graph, x: Value): Value {
  return channelsFirst(g, cast(g, x, 'float32'));
}

function poolGeometry(input: Value, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): Geometry {
  const shape = [...input.shape] as Shape4D;
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return checked(geometryOf(info), pad);
}

/** The gradients of TensorFlow.js forget how the number of windows was rounded; dy knows. */
function gradientGeometry(dy: Value, input: Value, attrs: PoolAttrs): Geometry {
  const [, rows, columns] = dy.shape as Shape4D;
  return checked({ ...poolGeometry(input, attrs), outSize: [rows, columns] }, attrs.pad);
}

function checked(geometry: Geometry, pad: PoolAttrs['pad']): Geometry {
  const isInside = ([0, 1] as const).every(
    (axis) =>
      geometry.before[axis] < geometry.kernel[axis] && overhang(geometry, axis) < geometry.kernel[axis],
  );
  if (!isInside)
    throw new LabError('unsupported', `compile: a pooling window lies outside of its image${callSite()}`, {
      argument: 'pad',
      received: pad,
      expected: 'padding smaller than the window',
    });
  return geometry;
}
