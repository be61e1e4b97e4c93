import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { ddim, float64Space, sample, type Control, type Denoiser, type Schedule } from '@lab/diffusion-core';

/**
 * The exact law of samples [D] of a sampler that is affine in its noise: one run whose batch holds the zero vector, the
 * unit vectors of the start, and a unit vector of the fresh noise of each step. Only the source of noise is replaced.
 */
export async function affineLaw(
  denoiser: Denoiser<Array64>,
  {
    schedule,
    steps,
    size,
    eta,
    controls,
  }: { schedule: Schedule; steps: number; size: number; eta: number; controls: Control<Array64>[] },
): Promise<{ mean: Float64Array; covariance: Float64Array }> {
  const rows = 1 + size + (eta > 0 ? size * steps : 0);
  const shape = [rows, size, 1];
  const unitRows = (first: number): Array64 => {
    const data = new Float64Array(rows * size);
    for (let i = 0; i < size; i++) data[(first + i) * size + i] = 1;
    return { shape, data };
  };
  let draws = 0;
  const space = { ...float64Space, normal: () => unitRows(1 + size * ++draws) };
  const { samples } = await sample(
    { ...denoiser, space },
    { schedule, steps, solver: ddim({ eta }), init: unitRows(1), key: key(0), controls },
  );
  const mean = samples.data.slice(0, size);
  const covariance = new Float64Array(size * size);
  for (let r = 1; r < rows; r++)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        covariance[i * size + j]! +=
          (samples.data[r * size + i]! - mean[i]!) * (samples.data[r * size + j]! - mean[j]!);
  return { mean, covariance };
}
