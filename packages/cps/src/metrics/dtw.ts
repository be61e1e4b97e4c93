import { LabError } from '@lab/tensor-core/errors';

export interface DtwOptions {
  /** Numbers in one time step. @default 1 */
  readonly channels?: number;
  /** Greatest |i - j| of matched steps (Sakoe-Chiba); raised to the difference of the lengths. @default no limit */
  readonly band?: number;
}

/**
 * Dynamic time warping: the root of the least sum of squared differences over all monotone alignments of two series
 * [L, K] row-major (steps, not channels, are warped). O(L^2), or O(L band).
 *
 * @example
 * dtw([0, 1, 2], [0, 2, 2]); // 1
 */
export function dtw(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { channels = 1, band = Infinity }: DtwOptions = {},
): number {
  const rows = a.length / channels;
  const columns = b.length / channels;
  if (!(Number.isInteger(rows) && Number.isInteger(columns) && rows > 0 && columns > 0))
    throw new LabError('shape', 'dtw: a series is [length, channels] with at least one step', {
      received: { a: a.length, b: b.length, channels },
    });
  const reach = Math.max(band, Math.abs(rows - columns));
  let before = new Float64Array(columns + 1).fill(Infinity);
  let here = new Float64Array(columns + 1);
  before[0] = 0;
  for (let i = 1; i <= rows; i++) {
    here.fill(Infinity);
    const end = Math.min(columns, i + reach);
    for (let j = Math.max(1, i - reach); j <= end; j++) {
      let cost = 0;
      for (let k = 0; k < channels; k++)
        cost += (a[(i - 1) * channels + k]! - b[(j - 1) * channels + k]!) ** 2;
      here[j] = cost + Math.min(before[j]!, here[j - 1]!, before[j - 1]!);
    }
    [before, here] = [here, before];
  }
  return Math.sqrt(before[columns]!);
}
