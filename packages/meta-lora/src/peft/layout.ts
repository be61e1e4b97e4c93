import { hostArray, type HostArray } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

// A dense kernel here is [inputs, outputs], in PyTorch [outputs, inputs]; a convolution [places..., inputs, outputs] here,
// [outputs, inputs, places...] there. An embedding [count, width] is the same on both sides, its adapter's factors are not.

export type WeightKind = 'dense' | 'convolution' | 'embedding';

/** Moves axes of a host array. */
export function permuted({ shape, data }: HostArray, axes: readonly number[]): HostArray {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const next = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const values = new Float32Array(data.length);
  const index = new Array<number>(next.length).fill(0);
  for (let i = 0; i < values.length; i++) {
    let from = 0;
    for (let axis = 0; axis < index.length; axis++) from += index[axis]! * steps[axis]!;
    values[i] = Number(data[from]);
    for (let axis = index.length - 1; axis >= 0 && ++index[axis]! === next[axis]; axis--) index[axis] = 0;
  }
  return hostArray({ shape: next, dtype: 'float32', data: values });
}

const reshaped = ({ data }: HostArray, shape: readonly number[]): HostArray =>
  hostArray({ shape: [...shape], dtype: 'float32', data: data as Float32Array });

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** `down` [inputs, r] and `up` [r, outputs] as PyTorch's two weights. */
export function factorsToPeft(
  { down, up }: { readonly down: HostArray; readonly up: HostArray },
  kind: WeightKind,
  weight: readonly number[],
): { readonly a: HostArray; readonly b: HostArray } {
  const rank = down.shape[1]!;
  const b = permuted(up, [1, 0]);
  if (kind !== 'convolution') return { a: permuted(down, [1, 0]), b };
  const places = weight.slice(0, -2);
  const inputs = weight.at(-2)!;
  const split = reshaped(down, [...places, inputs, rank]);
  const n = places.length;
  return {
    a: permuted(split, [n + 1, n, ...range(0, n)]),
    b: reshaped(b, [...b.shape, ...places.map(() => 1)]),
  };
}

/** The inverse of {@link factorsToPeft}. @throws LabError `shape` when the weights are not those of such a layer */
export function factorsFromPeft(
  { a, b }: { readonly a: HostArray; readonly b: HostArray },
  kind: WeightKind,
  weight: readonly number[],
  module: string,
): { readonly down: HostArray; readonly up: HostArray } {
  const outputs = weight.at(-1)!;
  const places = kind === 'convolution' ? weight.slice(0, -2) : [];
  const inputs = weight.at(kind === 'convolution' ? -2 : 0)!;
  const rank = a.shape[0]!;
  const expected = { a: [rank, inputs, ...places], b: [outputs, rank, ...places.map(() => 1)] };
  if (a.shape.join() !== expected.a.join() || b.shape.join() !== expected.b.join())
    throw new LabError('shape', `loadPeft: the adapter of ${module} is of another layer`, {
      argument: module,
      expected,
      received: { a: a.shape, b: b.shape },
    });
  const up = permuted(reshaped(b, [outputs, rank]), [1, 0]);
  if (kind !== 'convolution') return { down: permuted(a, [1, 0]), up };
  const n = places.length;
  const turned = permuted(a, [...range(2, n + 2), 1, 0]);
  return { down: reshaped(turned, [turned.data.length / rank, rank]), up };
}

/** A whole parameter in the other side's layout; the same function goes both ways for matrices and vectors. */
export function parameterToPeft(value: HostArray, kind: WeightKind): HostArray {
  const n = value.shape.length;
  if (n < 2 || kind === 'embedding') return value;
  return permuted(value, [n - 1, n - 2, ...range(0, n - 2)]);
}

export function parameterFromPeft(value: HostArray, kind: WeightKind): HostArray {
  const n = value.shape.length;
  if (n < 2 || kind === 'embedding') return value;
  return permuted(value, [...range(2, n), 1, 0]);
}
