import type { Tensor } from '@lab/tensor-core';
import { tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** A float64 array as a float32 tensor; the tensor is the caller's to dispose. */
export function fromArray64(x: Array64): Tensor {
  return tf.tensor(new Float32Array(x.data), [...x.shape], 'float32');
}

/** A tensor's values as a float64 array; the tensor stays the caller's. */
export async function toArray64(x: Tensor): Promise<Array64> {
  return { shape: [...x.shape], data: new Float64Array(await x.data()) };
}
