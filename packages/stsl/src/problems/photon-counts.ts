/** Entries of a measurement nearer to 0 than one of 255 levels of [-1, 1] count as that far. */
export const faintest = 2 / 255;

/** What DPS scales its step by under Poisson noise: the mean of 1 / |y|. */
export function meanInverse(y: Float64Array): number {
  return y.reduce((sum, each) => sum + 1 / Math.max(Math.abs(each), faintest), 0) / y.length;
}
