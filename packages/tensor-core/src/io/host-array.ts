import { LabError } from '../errors';

/** The typed array that holds each kind of number. Half floats are kept as their 16 bits; see `toFloat32`. */
export interface HostData {
  readonly float64: Float64Array;
  readonly float32: Float32Array;
  readonly float16: Uint16Array;
  readonly bfloat16: Uint16Array;
  readonly int64: BigInt64Array;
  readonly int32: Int32Array;
  readonly int16: Int16Array;
  readonly int8: Int8Array;
  readonly uint64: BigUint64Array;
  readonly uint32: Uint32Array;
  readonly uint16: Uint16Array;
  readonly uint8: Uint8Array;
  /** One byte each, 0 or 1. */
  readonly bool: Uint8Array;
}

export type HostDType = keyof HostData;

/** What a host array is made of; a plain object of this form is accepted wherever an array is only read. */
export interface HostArrayLike<D extends HostDType = HostDType> {
  /** Sizes of the axes; `[]` is a scalar. */
  readonly shape: readonly number[];
  readonly dtype: D;
  /** Row-major values, as many as the product of `shape`. */
  readonly data: HostData[D];
}

interface ArrayKind {
  readonly bytes: number;
  readonly create: (buffer: ArrayBuffer) => HostData[HostDType];
  readonly holds: (data: unknown) => boolean;
}

type TypedArrayConstructor = new (buffer: ArrayBuffer) => HostData[HostDType];

function kind(bytes: number, Data: TypedArrayConstructor): ArrayKind {
  return { bytes, create: (buffer) => new Data(buffer), holds: (data) => data instanceof Data };
}

/** Bytes a value and the typed array of every kind of number. */
export const hostDTypes: Readonly<Record<HostDType, ArrayKind>> = {
  float64: kind(8, Float64Array),
  float32: kind(4, Float32Array),
  float16: kind(2, Uint16Array),
  bfloat16: kind(2, Uint16Array),
  int64: kind(8, BigInt64Array),
  int32: kind(4, Int32Array),
  int16: kind(2, Int16Array),
  int8: kind(1, Int8Array),
  uint64: kind(8, BigUint64Array),
  uint32: kind(4, Uint32Array),
  uint16: kind(2, Uint16Array),
  uint8: kind(1, Uint8Array),
  bool: kind(1, Uint8Array),
};

const marker = Symbol.for('@lab/host-array');

/**
 * A dense row-major array in main memory: what files hold and checkpoints are made of. It is a class only so that it
 * is one leaf of a tree, where a plain object would be a branch; make one with `hostArray`.
 */
export class HostArray<D extends HostDType = HostDType> implements HostArrayLike<D> {
  readonly shape: readonly number[];
  readonly dtype: D;
  readonly data: HostData[D];
  readonly [marker] = true;

  constructor({ shape, dtype, data }: HostArrayLike<D>) {
    checkHostArray({ shape, dtype, data }, 'hostArray');
    this.shape = [...shape];
    this.dtype = dtype;
    this.data = data;
  }
}

/**
 * An array in main memory over `data` (not copied).
 *
 * @throws LabError `shape` when `data` does not hold as many values as `shape` says; `argument` when it is not the
 * typed array of `dtype`
 * @example
 * hostArray({ shape: [2, 2], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4) });
 */
export function hostArray<D extends HostDType>(array: HostArrayLike<D>): HostArray<D> {
  return new HostArray(array);
}

/** True for a `HostArray` of any copy of this package in the process. */
export function isHostArray(value: unknown): value is HostArray {
  return typeof value === 'object' && value !== null && marker in value;
}

/** Product of the sizes, or NaN when one is not a whole number from 0 or the product is past 2^53. */
export function shapeSize(shape: readonly number[]): number {
  let size = 1;
  let empty = false;
  for (const axis of shape) {
    if (!Number.isSafeInteger(axis) || axis < 0) return Number.NaN;
    if (axis === 0) empty = true;
    else size *= axis;
    if (size > Number.MAX_SAFE_INTEGER) return Number.NaN;
  }
  return empty ? 0 : size;
}

/** Refuses an array whose type, data and shape do not belong together; `where` opens the sentence. */
export function checkHostArray({ shape, dtype, data }: HostArrayLike, where: string): void {
  const known = Object.hasOwn(hostDTypes, dtype);
  if (!known)
    throw new LabError('argument', `${where}: unknown kind of number`, {
      argument: 'dtype',
      received: dtype,
      expected: Object.keys(hostDTypes),
    });
  if (!hostDTypes[dtype].holds(data))
    throw new LabError('argument', `${where}: data is not the typed array of its dtype`, {
      argument: 'data',
      expected: dtype,
      received: Object.prototype.toString.call(data),
    });
  const size = Array.isArray(shape) ? shapeSize(shape) : Number.NaN;
  if (size !== data.length)
    throw new LabError('shape', `${where}: shape and data differ in size`, {
      argument: 'shape',
      received: { shape, values: data.length },
      hint: 'the product of shape is the number of values',
    });
}
