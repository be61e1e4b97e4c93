import { saveTree, type HostArray } from '@lab/tensor-core';
import { hostArray, writeSafetensors } from '@lab/tensor-core/io';
import { toHalves } from '../onnx/half';

/** A tree of float32 parameters as a safetensors file of halves: 2 bytes a weight, rounded to 11 bits. */
export async function packHalves(
  params: unknown,
  metadata?: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const arrays = await saveTree(params);
  const halves = Object.entries(arrays).map(([name, { shape, data }]): [string, HostArray] => [
    name,
    hostArray({ shape, dtype: 'float16', data: toHalves(data as Float32Array) }),
  ]);
  return writeSafetensors(Object.fromEntries(halves), metadata);
}
