import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { hostArray, toFloat32 } from '@lab/tensor-core/io';
import { toHalves } from './half';
import type { OnnxData, OnnxDtype, OnnxRuntime, OnnxTensor, OnnxValue } from './runtime';

const encoders: Readonly<Record<OnnxDtype, (values: ArrayLike<number>) => OnnxData>> = {
  float32: (values) => Float32Array.from(values),
  float64: (values) => Float64Array.from(values),
  float16: toHalves,
  int32: (values) => Int32Array.from(values, Math.round),
  int64: (values) => BigInt64Array.from(Array.from(values, (value) => BigInt(Math.round(value)))),
};

/** The element type of a file's input or output. */
export function dtypeOf({ name, type }: OnnxValue): OnnxDtype {
  if (type !== undefined && Object.hasOwn(encoders, type)) return type as OnnxDtype;
  throw new LabError('unsupported', 'onnxDenoiser: the file has an input or output of another type', {
    argument: name,
    received: type ?? 'no tensor',
    expected: Object.keys(encoders).join(', '),
  });
}

/** Numbers as a tensor of the type that the file wants; whole numbers are rounded to. */
export function encode(
  { Tensor }: OnnxRuntime,
  input: OnnxValue,
  { data, shape }: { readonly data: ArrayLike<number>; readonly shape: readonly number[] },
): OnnxTensor {
  const dtype = dtypeOf(input);
  return new Tensor(dtype, encoders[dtype](data), shape);
}

/** What the file put out, in single precision. */
export function decode(name: string, { type, data, dims }: OnnxTensor): Tensor {
  const dtype = dtypeOf({ name, isTensor: true, type });
  // A Float16Array, where the platform has one, comes with the words of halves beneath.
  const words =
    dtype === 'float16' && !(data instanceof Uint16Array)
      ? new Uint16Array(
          (data as DataView).buffer,
          (data as DataView).byteOffset,
          (data as DataView).byteLength / 2,
        )
      : data;
  const single = toFloat32(hostArray({ shape: dims, dtype, data: words as never }));
  return tf.tensor(Float32Array.from(single.data), [...dims], 'float32');
}

/** Refuses a shape that the file's fixed sizes do not allow. */
export function assertFits(input: OnnxValue, shape: readonly number[], argument: string): void {
  const sizes = input.shape ?? [];
  // A file that leaves even the number of axes open shows no sizes at all.
  if (sizes.length === 0 && shape.length > 0) return;
  const fits =
    sizes.length === shape.length &&
    sizes.every((size, i) => typeof size === 'string' || size < 0 || size === shape[i]);
  if (!fits)
    throw new LabError('shape', `onnxDenoiser: the file wants another shape of its input ${input.name}`, {
      argument,
      expected: `[${sizes.join(',')}]`,
      received: shape,
    });
}
