import { LabError } from '../errors';
import { toFloat32 } from '../io/float32';
import { checkHostArray, hostArray, type HostArray, type HostArrayLike } from '../io/host-array';
import { tf, type Tensor } from '../tf';

/**
 * A tensor of an array's values: `float32` for every kind of float, `int32` for every integer, `bool` for bool.
 * The tensor is the caller's to dispose of.
 *
 * @throws LabError `numeric` for an integer beyond 32 bits or a float64 beyond single precision
 */
export function toTensor(array: HostArrayLike): Tensor {
  checkHostArray(array, 'toTensor');
  const { dtype, data, shape } = array;
  if (dtype === 'bool') return tf.tensor(data as Uint8Array, [...shape], 'bool');
  if (dtype.includes('float')) return tf.tensor(toFloat32(array).data, [...shape], 'float32');
  return tf.tensor(toInt32(data as ArrayLike<number | bigint>), [...shape], 'int32');
}

/**
 * A tensor's values in main memory: `float32`, `int32` or `bool`. The array holds a copy; the tensor stays the
 * caller's.
 */
export async function fromTensor(tensor: Tensor): Promise<HostArray> {
  const { dtype, shape } = tensor;
  const data = (await tensor.data()).slice();
  if (dtype === 'float32') return hostArray({ shape, dtype, data: data as Float32Array });
  if (dtype === 'int32') return hostArray({ shape, dtype, data: data as Int32Array });
  if (dtype === 'bool') return hostArray({ shape, dtype, data: data as Uint8Array });
  throw new LabError('unsupported', 'fromTensor: this kind of tensor has no host array', {
    argument: 'tensor',
    received: dtype,
    expected: ['float32', 'int32', 'bool'],
  });
}

function toInt32(values: ArrayLike<number | bigint>): Int32Array {
  return Int32Array.from(values, (value) => {
    const number = Number(value);
    if (number === (number | 0)) return number;
    throw new LabError('numeric', 'toTensor: an integer does not fit into 32 bits', {
      received: String(value),
      hint: 'TensorFlow.js has no longer integers: rescale, or keep the values in main memory',
    });
  });
}
