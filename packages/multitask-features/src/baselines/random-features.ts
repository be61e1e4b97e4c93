import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { normal64, type Key } from '@lab/tensor-core/random';
import { gaussianWeights } from '../pretrain/initial-weights';
import { normalizeRows } from '../pretrain/normalize';

/** Random features: Gaussian rows, never trained. */
export function randomFeatures(
  key: Key,
  { width, dimensions }: { readonly width: number; readonly dimensions: number },
): Array64 {
  return normalizeRows(gaussianWeights(key, { width, dimensions }));
}

/** What perfect pre-training could give: rows that are random directions inside the span of the projection [d, r]. */
export function oracleFeatures(
  key: Key,
  projection: Array64,
  { width }: { readonly width: number },
): Array64 {
  const r = projection.shape[1]!;
  const inside = { shape: [width, r], data: normal64(key, width * r) };
  return normalizeRows(matmul(inside, transpose(projection)));
}
