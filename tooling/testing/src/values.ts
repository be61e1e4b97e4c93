import type { Tensor } from '@tensorflow/tfjs-core';

/** Whatever holds numbers: a tensor, a typed array, `{ shape, data }` (an `Array64`), nested arrays, a number. */
export type Numeric =
  | number
  | bigint
  | ArrayLike<number>
  | BigInt64Array
  | BigUint64Array
  | Tensor
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number> }
  | readonly Numeric[];

export interface FlatNumbers {
  /** Undefined for a flat typed array, which says nothing about its shape. */
  readonly shape: readonly number[] | undefined;
  readonly data: ArrayLike<number>;
}

/**
 * The numbers of a value in row-major order.
 *
 * @throws TypeError when the value holds no numbers, or nested arrays are ragged
 */
export function flatNumbers(value: unknown): FlatNumbers {
  if (typeof value === 'number') return { shape: [], data: [value] };
  if (typeof value === 'bigint') return { shape: [], data: [Number(value)] };
  if (value instanceof BigInt64Array || value instanceof BigUint64Array)
    return { shape: undefined, data: Array.from(value, Number) };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return { shape: undefined, data: value as unknown as ArrayLike<number> };
  if (Array.isArray(value)) return nested(value);
  if (isTensor(value)) return { shape: value.shape, data: value.dataSync() };
  if (typeof value === 'object' && value !== null && 'data' in value && 'shape' in value)
    return { shape: value.shape as number[], data: value.data as ArrayLike<number> };
  throw new TypeError(`not numbers: ${String(value)}`);
}

function nested(value: readonly unknown[]): FlatNumbers {
  if (value.length === 0) return { shape: [0], data: [] };
  const parts = value.map(flatNumbers);
  const inner = parts.map(({ shape, data }) => shape ?? [data.length]);
  const first = inner[0] ?? [];
  if (inner.some((shape) => shape.join() !== first.join()))
    throw new TypeError(
      `ragged array: rows of shape ${inner.map((shape) => `[${shape.join()}]`).join(', ')}`,
    );
  return { shape: [value.length, ...first], data: parts.flatMap(({ data }) => Array.from(data)) };
}

/** True for a tensor of any copy of TensorFlow.js. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dataSync' in value && 'dtype' in value;
}
