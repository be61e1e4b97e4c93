import { LabError } from '@lab/tensor-core/errors';

/**
 * Mean and population standard deviation of each column of [n, width], in two passes; the deviation of a constant column
 * is given as 1, so that dividing by it is always possible.
 */
export function meanAndScale(
  values: ArrayLike<number>,
  width: number,
): { readonly mean: Float64Array; readonly scale: Float64Array } {
  const n = values.length / width;
  if (n < 1)
    throw new LabError('argument', 'scaler: there is no data to fit it on', { received: `${n} rows` });
  const mean = new Float64Array(width);
  for (let at = 0; at < values.length; at++) mean[at % width]! += values[at]! / n;
  const scale = new Float64Array(width);
  for (let at = 0; at < values.length; at++) scale[at % width]! += (values[at]! - mean[at % width]!) ** 2 / n;
  // Rounding of the mean leaves a deviation of some 1e-16 of it where there is none.
  return {
    mean,
    scale: scale.map((square, k) => (Math.sqrt(square) > 1e-14 * Math.abs(mean[k]!) ? Math.sqrt(square) : 1)),
  };
}
