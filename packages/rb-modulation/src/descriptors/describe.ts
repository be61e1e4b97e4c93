import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { LabError } from '@lab/tensor-core/errors';
import type { Descriptor } from './types';

/**
 * The descriptors [B, size] of images [B, h, w, C], as a target for `descriptorCost`. Reference images of a latent model go
 * through its encoder and decoder first, so that both sides show the same traces of it (as the released code does).
 */
export async function describe(descriptor: Descriptor, images: Tensor): Promise<Array64> {
  const described = tf.tidy(() => descriptor.embed(images));
  try {
    return { shape: [...described.shape], data: Float64Array.from(await described.data()) };
  } finally {
    described.dispose();
  }
}

export interface MixTargetsOptions {
  /** Share of the second target in [0, 1]. */
  readonly share: number;
}

/**
 * A style between two: the point on the great circle between two targets of length 1 (spherical interpolation), row by row.
 *
 * @throws LabError `shape` when they differ in shape, `numeric` for opposite targets, `argument` for a share outside [0, 1]
 */
export function mixTargets(first: Array64, second: Array64, { share }: MixTargetsOptions): Array64 {
  if (first.shape.join() !== second.shape.join())
    throw new LabError('shape', 'targets that are mixed have one shape', {
      received: [first.shape, second.shape],
    });
  if (!(share >= 0 && share <= 1))
    throw new LabError('argument', 'share lies in [0, 1]', { argument: 'share', received: share });
  const size = first.shape[1]!;
  const data = new Float64Array(first.data.length);
  for (let at = 0; at < data.length; at += size) {
    const [a, b] = [unit(first.data.subarray(at, at + size)), unit(second.data.subarray(at, at + size))];
    const cosine = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    if (Math.PI - angle < 1e-6)
      throw new LabError('numeric', 'between opposite targets there is no shortest way', {
        received: cosine,
      });
    const [left, right] =
      angle < 1e-9
        ? [1 - share, share]
        : [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
    for (let i = 0; i < size; i++) data[at + i] = left * a[i]! + right * b[i]!;
  }
  return { shape: first.shape, data };
}

function unit(row: Float64Array): Float64Array {
  const length = Math.hypot(...row);
  return row.map((value) => value / length);
}
