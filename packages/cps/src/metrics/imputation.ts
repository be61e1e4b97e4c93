import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { permutation, split, type Key } from '@lab/tensor-core/random';
import { solvePositive } from './cholesky-solve';
import { flatShape, momentsOf, type Moments } from '@lab/diffusion-core/metrics';

export interface ImputationOptions {
  /** Draws which entries are hidden; the same key hides the same for every method. */
  readonly key: Key;
  /** Share of entries that are hidden, in (0, 1). @default 0.5 */
  readonly hidden?: number;
  /** How many patterns of hidden entries are tried. @default 4 */
  readonly patterns?: number;
  /** Added to the diagonal of the covariance, times its mean variance. @default 0.001 */
  readonly ridge?: number;
}

/**
 * Train on synthetic, test on real, by imputation: the linear imputer fitted on `synthetic` [n, ...] (the conditional
 * mean of a normal law with its moments) fills the hidden entries of `real` [m, ...]; the mean squared error.
 */
export function imputationError(
  synthetic: Array64,
  real: Array64,
  { key, hidden = 0.5, patterns = 4, ridge = 1e-3 }: ImputationOptions,
): number {
  const { size } = flatShape(synthetic);
  if (flatShape(real).size !== size)
    throw new LabError('shape', 'imputationError compares series of one shape', {
      received: [synthetic.shape, real.shape],
    });
  const moments = withRidge(momentsOf(synthetic), ridge);
  const count = Math.min(size - 1, Math.max(1, Math.round(hidden * size)));
  const errors = split(key, patterns).map((each) => {
    const order = permutation(each, size);
    return patternError(moments, real, { hidden: order.slice(0, count), seen: order.slice(count) });
  });
  return errors.reduce((sum, error) => sum + error, 0) / patterns;
}

function withRidge({ mean, covariance }: Moments, ridge: number): Moments {
  const size = mean.length;
  const matrix = Float64Array.from(covariance);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!;
  for (let i = 0; i < size; i++) matrix[i * size + i]! += (ridge * trace) / size;
  return { mean, covariance: matrix };
}

function patternError(
  { mean, covariance }: Moments,
  real: Array64,
  { hidden, seen }: { hidden: Int32Array; seen: Int32Array },
): number {
  const { count, size } = flatShape(real);
  const among = new Float64Array(seen.length ** 2);
  const across = new Float64Array(seen.length * hidden.length);
  seen.forEach((row, i) => {
    seen.forEach((column, j) => (among[i * seen.length + j] = covariance[row * size + column]!));
    hidden.forEach((column, j) => (across[i * hidden.length + j] = covariance[row * size + column]!));
  });
  const weights = solvePositive(among, across, hidden.length);
  let squares = 0;
  for (let n = 0; n < count; n++)
    hidden.forEach((entry, j) => {
      let guess = mean[entry]!;
      for (let i = 0; i < seen.length; i++)
        guess += weights[i * hidden.length + j]! * (real.data[n * size + seen[i]!]! - mean[seen[i]!]!);
      squares += (guess - real.data[n * size + entry]!) ** 2;
    });
  return squares / (count * hidden.length);
}
