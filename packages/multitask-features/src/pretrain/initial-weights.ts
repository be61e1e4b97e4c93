import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal64, type Key } from '@lab/tensor-core/random';
import type { Settings } from './options';
import { stream } from './streams';

/** First-layer weights [width, dimensions] before training: rows ~ N(0, std^2 I). Also the random-feature baseline. */
export function gaussianWeights(
  key: Key,
  options: {
    readonly width: number;
    readonly dimensions: number;
    /** Standard deviation of an entry. @default 1 / sqrt(dimensions), rows of norm near 1 */
    readonly std?: number | undefined;
  },
): Array64 {
  const { width, dimensions, std = 1 / Math.sqrt(dimensions) } = options;
  const data = normal64(key, width * dimensions).map((value) => std * value);
  return { shape: [width, dimensions], data };
}

/** Where a run of these settings starts: every neuron twice when they come in pairs. */
export function initialWeights(
  { key, width, initStd, symmetricInit }: Settings,
  dimensions: number,
): Array64 {
  const from = stream(key, 'weights');
  if (!symmetricInit) return gaussianWeights(from, { width, dimensions, std: initStd });
  const half = gaussianWeights(from, { width: width / 2, dimensions, std: initStd });
  return { shape: [width, dimensions], data: Float64Array.of(...half.data, ...half.data) };
}
