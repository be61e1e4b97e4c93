import { LabError } from '@lab/tensor-core/errors';
import { array64, matmulTransposed, type Array64 } from '@lab/tensor-core/linalg64';
import { checkSamples, type Samples } from '../data/samples';
import { signLabels } from '../data/labels';
import { solveRegular } from '../probe/ridge';

export interface NtkOptions {
  /** A constant feature beside the inputs; 0 leaves out biases. @default 1 */
  readonly bias?: number;
}

/**
 * Neural tangent kernel of a two-layer ReLU network of infinite width, both layers trained, N(0, 1) parameters:
 * k(x, x') = |x||x'| (sin t + (pi - t) cos t) / (2 pi) + x.x' (pi - t) / (2 pi), t the angle between them
 * (Jacot et al. 2018; arc-cosine kernels of Cho and Saul 2009).
 *
 * @returns [n, k] for x [n, d] and others [k, d]
 */
export function ntkKernel(x: Samples, others: Samples, { bias = 1 }: NtkOptions = {}): Array64 {
  const { n, d } = checkSamples(x, 'ntkKernel');
  const { n: k, d: width } = checkSamples(others, 'ntkKernel', 'others');
  if (d !== width)
    throw new LabError('shape', 'ntkKernel: the tables differ in their number of features', {
      received: [x.shape, others.shape],
    });
  const [rowSquares, columnSquares] = [squares(x, bias), squares(others, bias)];
  const { data } = matmulTransposed(array64(x.shape, x.data), array64(others.shape, others.data));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < k; j++) {
      const dot = data[i * k + j]! + bias ** 2;
      const norms = Math.sqrt(rowSquares[i]! * columnSquares[j]!);
      const angle = Math.acos(Math.max(-1, Math.min(1, norms === 0 ? 1 : dot / norms)));
      const gate = Math.PI - angle;
      data[i * k + j] = (norms * (Math.sin(angle) + gate * Math.cos(angle)) + dot * gate) / (2 * Math.PI);
    }
  return { shape: [n, k], data };
}

function squares({ shape, data }: Samples, bias: number): Float64Array {
  const [n, d] = shape as [number, number];
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = bias ** 2;
    for (let c = i * d; c < (i + 1) * d; c++) sum += data[c]! ** 2;
    return sum;
  });
}

/** Kernel ridge regression: scores of new rows. */
export interface NtkProbe {
  (x: Samples): Float64Array;
}

/**
 * Kernel ridge regression with the tangent kernel: what a wide network learns of a task without learning features.
 * @param l2 relative to the mean of the kernel's diagonal
 */
export function ntkRegression(
  x: Samples,
  y: ArrayLike<number>,
  { l2 = 0.01, bias = 1 }: NtkOptions & { /** @default 0.01 */ readonly l2?: number } = {},
): NtkProbe {
  const labels = signLabels(y, 'of the NTK');
  const n = labels.length;
  const kernel = ntkKernel(x, x, { bias });
  if (kernel.shape[0] !== n || n === 0)
    throw new LabError('shape', 'ntkRegression: there is not one label for each row', {
      argument: 'y',
      received: n,
      expected: kernel.shape[0],
    });
  let trace = 0;
  for (let i = 0; i < n; i++) trace += kernel.data[i * n + i]! / n;
  const dual = solveRegular(kernel.data, labels, l2 * trace);
  return (rows) => {
    const { shape, data } = ntkKernel(rows, x, { bias });
    return Float64Array.from({ length: shape[0]! }, (_, i) =>
      dual.reduce((sum, value, j) => sum + value * data[i * n + j]!, 0),
    );
  };
}
