import type { DataType } from '@tensorflow/tfjs-core';
import { tf } from '../../tf';
import { expand, reshape, transpose } from '../graph/arrange';
import { cast } from '../graph/elementwise';
import { sizeOf, splatOf } from '../graph/graph';
import { concat, pad, reverse, slice, split } from '../graph/pieces';
import type { Graph, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { graphType } from '../trace/trace-backend';
import { isComplex, rearranged } from './complex';

type X = { readonly x: Value };
type List = Readonly<Record<string, Value>>;

/** Kernels that move entries or make constants. */
export function mapShapes(): void {
  mapKernel<X>('Identity', ({ inputs: { x }, infos }) => rearranged(infos, x));
  mapKernel<X, { shape: number[] }>('Reshape', ({ g, inputs: { x }, attrs: { shape }, infos }) => {
    const parts = isComplex(infos) ? [2] : [];
    const whole = tf.util.inferFromImplicitShape(shape, sizeOf(x) / (parts[0] ?? 1));
    return rearranged(infos, reshape(g, x, [...whole, ...parts]));
  });
  mapKernel<{ input: Value }, { dim: number }>(
    'ExpandDims',
    ({ g, inputs: { input }, attrs: { dim }, infos }) => {
      const shape = [...input.shape];
      const rank = shape.length - (isComplex(infos) ? 1 : 0);
      shape.splice(dim < 0 ? dim + rank + 1 : dim, 0, 1);
      return rearranged(infos, reshape(g, input, shape));
    },
  );
  mapKernel<X, { perm?: number[] }>('Transpose', ({ g, inputs: { x }, attrs: { perm } }) =>
    transpose(g, x, perm ?? [...x.shape.keys()].reverse()),
  );
  mapKernel<X, { begin: number | number[]; size: number | number[] }>(
    'Slice',
    ({ g, inputs: { x }, attrs }) => {
      const [begin, size] = tf.slice_util.parseSliceParams(infoOf(x), attrs.begin, attrs.size) as [
        number[],
        number[],
      ];
      return slice(g, x, begin, size);
    },
  );
  mapKernel<X, { numOrSizeSplits: number | number[]; axis: number }>(
    'SplitV',
    ({ g, inputs: { x }, attrs }) => {
      const axis = axisOf(attrs.axis, x);
      const sizes = tf.backend_util.prepareSplitSize(infoOf(x), attrs.numOrSizeSplits, axis);
      return split(g, x, sizes, axis);
    },
  );
  mapKernel<{ value: Value }, { axis: number }>('Unpack', ({ g, inputs: { value }, attrs }) => {
    const axis = axisOf(attrs.axis, value);
    const shape = value.shape.filter((_, i) => i !== axis);
    const parts = split(
      g,
      value,
      Array.from({ length: value.shape[axis]! }, () => 1),
      axis,
    );
    return parts.map((part) => reshape(g, part, shape));
  });
  mapKernel<List, { axis: number }>('Pack', ({ g, inputs, attrs }) => {
    const values = Object.values(inputs);
    const axis = attrs.axis < 0 ? attrs.axis + values[0]!.shape.length + 1 : attrs.axis;
    const shape = [...values[0]!.shape];
    shape.splice(axis, 0, 1);
    return concat(
      g,
      values.map((x) => reshape(g, x, shape)),
      axis,
    );
  });
  mapKernel<List, { axis: number }>('Concat', ({ g, inputs, attrs }) => {
    const values = Object.values(inputs);
    return concat(g, values, axisOf(attrs.axis, values[0]!));
  });
  mapKernel<X, { paddings: [number, number][]; constantValue: number }>(
    'PadV2',
    ({ g, inputs: { x }, attrs }) => pad(g, x, attrs.paddings, attrs.constantValue),
  );
  mapKernel<X, { reps: number[] }>('Tile', ({ g, inputs: { x }, attrs: { reps } }) => {
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    const splat = splatOf(x);
    if (splat !== undefined) return g.splat(splat, { shape, dtype: x.dtype });
    return g.op('Tile', [x, g.list(reps)], { shape, dtype: x.dtype });
  });
  mapKernel<X, { shape: number[] }>('BroadcastTo', ({ g, inputs: { x }, attrs: { shape } }) =>
    expand(g, x, shape),
  );
  mapKernel<X, { dims: number[] }>('Reverse', ({ g, inputs: { x }, attrs: { dims } }) =>
    reverse(g, x, tf.util.parseAxisParam(dims, [...x.shape])),
  );
  mapConstants();
}

function mapConstants(): void {
  mapKernel<List, { shape: number[]; value: number; dtype?: DataType }>('Fill', ({ g, attrs }) => {
    const dtype = graphType(attrs.dtype ?? 'float32');
    return g.splat(attrs.value, { shape: attrs.shape, dtype });
  });
  mapKernel<X>('ZerosLike', ({ g, inputs: { x }, infos }) => rearranged(infos, g.splat(0, x)));
  mapKernel<X>('OnesLike', ({ g, inputs: { x } }) => g.splat(1, x));
  mapKernel<List, { start: number; stop: number; step: number; dtype: DataType }>('Range', ({ g, attrs }) => {
    const { start, stop, step, dtype } = attrs;
    const length = Math.max(0, Math.ceil((stop - start) / step));
    return cast(
      g,
      sequence(g, length, (i) => start + i * step),
      graphType(dtype),
    );
  });
  mapKernel<List, { start: number; stop: number; num: number }>(
    'LinSpace',
    ({ g, attrs: { start, stop, num } }) =>
      sequence(g, num, (i) => (num === 1 ? start : start + (i * (stop - start)) / (num - 1))),
  );
}

function sequence(g: Graph, length: number, at: (index: number) => number): Value {
  const data = Float32Array.from({ length }, (_, i) => at(i));
  return g.constant(data, { shape: [length], dtype: 'float32' });
}

export function axisOf(axis: number, { shape }: Value): number {
  return axis < 0 ? axis + shape.length : axis;
}

/** What TensorFlow.js's own helpers ask of a tensor. */
function infoOf(x: Value): never {
  return { shape: [...x.shape], rank: x.shape.length } as never;
}
