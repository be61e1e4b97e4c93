import { tf } from '@lab/tensor-core';
import { permutation } from '@lab/tensor-core/random';
import { unflatten } from '../model/flat-model';
import { sumOf } from '../model/losses';
import { gatherEach } from '../model/sample-gradients';
import { rowsInMemory } from '../projection/gram';
import { assertFraction } from '../projection/min-norm-step';
import { projectOut } from '../projection/project-out';
import { assertCount } from './settings';
import type { UnlearnMethod } from './types';

export interface OrthoGradOptions {
  /** In [0, 1]; 0 climbs the forget loss alone. @default 0.5 */
  readonly retainShare?: number;
  /** Retained samples of a batch whose gradients are taken. @default 20 */
  readonly sampleSize?: number;
  /** Orthogonal to the gradient of each of these samples, or to their mean alone. @default 'samples' */
  readonly orthogonalTo?: 'samples' | 'mean';
  /** Changes only the parameters of SalUn's mask. @default false */
  readonly masked?: boolean;
}

/**
 * OrthoGrad (Shamsian et al. 2025), no baseline of the paper: for each parameter tensor, the forget gradient is made
 * orthogonal to the LOSS gradients of retained samples, and a step follows retainShare g_r - (1 - retainShare) g_f. Under
 * interpolation those gradients vanish, and with them what it protects; MinNorm-OG takes those of the output.
 */
export function orthoGrad({
  retainShare = 0.5,
  sampleSize = 20,
  orthogonalTo = 'samples',
  masked = false,
}: OrthoGradOptions = {}): UnlearnMethod {
  assertFraction('retainShare', retainShare);
  assertCount('orthoGrad', { sampleSize }, 1);
  return {
    name: 'orthoGrad',
    needs: { forget: true, ...(masked && { saliency: true }) },
    // Never taken: every step is given its gradient.
    loss: ({ params }) => sumOf(Object.values(params).map((leaf) => tf.sum(leaf))),
    session: (bench) => ({
      async prepare({ free, retain, forget, key }) {
        const rows = permutation(key, retain.x.shape[0]).subarray(0, sampleSize);
        const kept = gatherEach({ x: retain.x, y: [...retain.y] }, rows);
        const each =
          orthogonalTo === 'mean'
            ? await bench.meanLossGradient(free, kept)
            : await bench.lossGradients(free, kept);
        tf.dispose([kept.x, ...kept.y]);
        const climb = await bench.meanLossGradient(free, forget!);
        const size = climb.length;
        const count = each.length / size;
        const direction = new Float64Array(size);
        let at = 0;
        for (const path of Object.keys(free).sort()) {
          const width = free[path]!.size;
          const own = new Float64Array(count * width);
          for (let i = 0; i < count; i++)
            own.set(each.subarray(i * size + at, i * size + at + width), i * width);
          const { perp } = await projectOut(climb.slice(at, at + width), rowsInMemory(own, width), {
            allowEmpty: true,
          });
          for (let k = 0; k < width; k++) {
            let mean = 0;
            for (let i = 0; i < count; i++) mean += own[i * width + k]! / count;
            direction[at + k] = retainShare * mean - (1 - retainShare) * perp[k]!;
          }
          at += width;
        }
        return { gradient: unflatten(direction, free) };
      },
    }),
  };
}
