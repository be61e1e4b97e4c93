import { tf } from '@lab/tensor-core';
import type { Batch } from '../methods/types';
import { flatten, unflatten, type Free } from '../model/flat-model';

/** The lower of the middle values, of all numbers. */
export function lowerMedian(values: Float64Array): number {
  return values.slice().sort()[Math.floor((values.length - 1) / 2)]!;
}

/** SalUn's mask: 1 where the gradient of the forget loss is at or above its median size over all parameters. */
export async function saliencyMask(
  free: Free,
  batches: Iterable<Batch>,
  gradient: (free: Free, batch: Batch) => Promise<Float64Array>,
): Promise<Free> {
  let total: Float64Array | undefined;
  for (const batch of batches) {
    const found = await gradient(free, batch);
    const rows = batch.x.shape[0];
    total = found.map((value, k) => rows * value + (total?.[k] ?? 0));
    tf.dispose([batch.x, ...batch.y]);
  }
  const sizes = (total ?? new Float64Array((await flatten(free)).length)).map(Math.abs);
  const median = lowerMedian(sizes);
  return unflatten(
    sizes.map((value) => (value >= median ? 1 : 0)),
    free,
  );
}
