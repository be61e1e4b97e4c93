import type { Array64 } from '@lab/tensor-core/linalg64';
import { cosineSimilarity } from '@lab/diffusion-core/metrics';

export interface TargetShareOptions {
  /** Embedding [1, n] of the text that the images showed. */
  readonly source: Array64;
  /** Embedding [1, n] of the text that they shall show. */
  readonly target: Array64;
}

/**
 * Share of edited images whose embedding [B, n] (of CLIP, say) is nearer by angle to the target's text than to the source's:
 * the CLIP accuracy of the paper's editing table.
 *
 * @throws LabError `shape` when sizes differ, `numeric` for an embedding that is all 0
 */
export function targetShare(images: Array64, { source, target }: TargetShareOptions): number {
  const [before, after] = [cosineSimilarity(images, source), cosineSimilarity(images, target)];
  return after.filter((each, n) => each > before[n]!).length / after.length;
}
