import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/**
 * Cosine of the angle between row n of a and row n of b, both [B, k]: embeddings of images, texts or styles. b may
 * have a single row, which then meets every row of a. In [-1, 1].
 *
 * @throws LabError `shape`, or `numeric` for a row that is all 0
 */
export function cosineSimilarity(a: Array64, b: Array64): number[] {
  const [rows = 0, size = 0] = a.shape;
  const single = b.shape[0] === 1;
  if (a.shape.length !== 2 || b.shape.length !== 2 || b.shape[1] !== size || !(single || b.shape[0] === rows))
    throw new LabError('shape', 'cosineSimilarity: embeddings of one size, row by row', {
      expected: '[B, k] and [B, k] or [1, k]',
      received: [a.shape, b.shape],
    });
  return Array.from({ length: rows }, (_, n) => {
    let [dot, normA, normB] = [0, 0, 0];
    for (let i = 0; i < size; i++) {
      const left = a.data[n * size + i]!;
      const right = b.data[(single ? 0 : n * size) + i]!;
      dot += left * right;
      normA += left * left;
      normB += right * right;
    }
    if (!(normA > 0 && normB > 0))
      throw new LabError('numeric', 'cosineSimilarity: an embedding of norm 0 has no direction', {
        received: { row: n, norms: [Math.sqrt(normA), Math.sqrt(normB)] },
      });
    return dot / Math.sqrt(normA * normB);
  });
}
