import { LabError } from '@lab/tensor-core/errors';
import { checkSamples, type Samples } from './samples';
import { whiten, whitening } from './whitening';

export interface NormalityReport {
  /** Third standardised moment of each column; 0 for a normal law. */
  readonly skewness: Float64Array;
  /** Fourth standardised moment of each column less 3; 0 for a normal law. */
  readonly excessKurtosis: Float64Array;
  /** Mardia's kurtosis, the mean of `((x - mean)^T S^-1 (x - mean))^2`, and its distance to d (d + 2) in standard errors. */
  readonly mardia: { readonly kurtosis: number; readonly z: number };
  /** Largest over smallest eigenvalue of the covariance: 1 for white columns. */
  readonly condition: number;
  /** What to know before the guarantees are trusted. */
  readonly warnings: readonly string[];
}

/** A column counts as far from normal beyond this skewness or excess kurtosis: by eye, its histogram plainly is. */
const farOff = 2;

/**
 * How far features are from the white Gaussian ones that the theory is about: skewness and kurtosis of each column, Mardia's
 * multivariate kurtosis (Mardia 1970), and the covariance's condition. Large tables are never exactly normal, so warnings
 * look at sizes and not at significance.
 *
 * @param x [n, d] with n > d
 * @throws LabError `argument` for fewer rows, `numeric` for constant columns
 * @example
 * const { warnings } = normalityReport(embeddings);
 */
export function normalityReport(x: Samples): NormalityReport {
  const { n, d } = checkSamples(x, 'normalityReport');
  if (n <= d)
    throw new LabError('argument', 'normalityReport: there are more rows than columns', {
      argument: 'x',
      received: x.shape,
    });
  const white = whitening([x], { ridge: 0 });
  const { data } = whiten(x, white);
  let kurtosis = 0;
  for (let i = 0; i < n; i++) {
    let square = 0;
    for (let k = 0; k < d; k++) square += data[i * d + k]! ** 2;
    kurtosis += square ** 2 / n;
  }
  const skewness = new Float64Array(d);
  const excessKurtosis = new Float64Array(d);
  for (let k = 0; k < d; k++) {
    let [second, third, fourth] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const off = x.data[i * d + k]! - white.mean[k]!;
      second += off ** 2 / n;
      third += off ** 3 / n;
      fourth += off ** 4 / n;
    }
    skewness[k] = third / second ** 1.5;
    excessKurtosis[k] = fourth / second ** 2 - 3;
  }
  const condition = conditionOf(white.eigenvalues);
  const far = Array.from({ length: d }, (_, k) => k).filter(
    (k) => Math.abs(skewness[k]!) > farOff || Math.abs(excessKurtosis[k]!) > farOff,
  );
  const heavy = kurtosis / (d * (d + 2));
  return {
    skewness,
    excessKurtosis,
    mardia: { kurtosis, z: (kurtosis - d * (d + 2)) / Math.sqrt((8 * d * (d + 2)) / n) },
    condition,
    warnings: [
      ...(far.length > 0
        ? [
            `${far.length} of ${d} columns are far from normal (first: column ${far[0]!}): transform or clip them`,
          ]
        : []),
      ...(heavy > 1.5
        ? [`norms of rows vary ${heavy.toFixed(1)} times as much as Gaussian ones: tails are heavy`]
        : []),
      ...(condition > 100
        ? [`columns are strongly correlated (condition ${condition.toPrecision(2)}): whiten them`]
        : []),
    ],
  };
}

const conditionOf = (eigenvalues: Float64Array): number => eigenvalues.at(-1)! / eigenvalues[0]!;
