import { sinusoidalEmbedding, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

export interface TimeFeatureOptions {
  /** Number of frequencies, at least 2; each gives a sine and a cosine. @default 16 */
  readonly frequencies?: number;
  /** Lowest angular frequency, in radians over the whole of time. @default 0.1 */
  readonly low?: number;
  /** Highest angular frequency. @default 100 */
  readonly high?: number;
}

/** How a network sees diffusion times in [0, 1]: sines and cosines at frequencies even in the logarithm. */
export interface TimeFeatures {
  /** Entries for one time. */
  readonly size: number;
  /** t [B] to [B, size]. */
  of(t: Tensor): Tensor;
}

export function timeFeatures({
  frequencies = 16,
  low = 0.1,
  high = 100,
}: TimeFeatureOptions = {}): TimeFeatures {
  if (!(Number.isInteger(frequencies) && frequencies > 1 && low > 0 && high > low))
    throw new LabError('argument', 'time features need frequencies >= 2 and 0 < low < high', {
      argument: 'time',
      received: { frequencies, low, high },
    });
  const size = 2 * frequencies;
  return { size, of: (t) => sinusoidalEmbedding(t, { width: size, base: high / low, scale: high }) };
}
