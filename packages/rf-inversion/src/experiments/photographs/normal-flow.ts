import { gaussianDenoiser, rectifiedFlowSchedule, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

/**
 * The exact flow of a normal law over latents of this shape, whose channels have the mean and the variance that they have
 * in `latents`, everywhere alike: what takes the place of a trained flow of photographs, which nobody can be asked to
 * download.
 */
export function normalFlow(latents: readonly Array64[], shape: readonly number[]): Denoiser<Array64> {
  const channels = shape.at(-1)!;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  let count = 0;
  for (const { data } of latents) {
    count += data.length / channels;
    data.forEach((value, i) => {
      sums[i % channels]! += value;
      squares[i % channels]! += value ** 2;
    });
  }
  const size = shape.reduce((product, each) => product * each, 1);
  const mean = (i: number): number => sums[i % channels]! / count;
  return gaussianDenoiser({
    mean: Float64Array.from({ length: size }, (_, i) => mean(i)),
    covariance: Float64Array.from({ length: size }, (_, i) => squares[i % channels]! / count - mean(i) ** 2),
    schedule: rectifiedFlowSchedule(),
  });
}
