import { LabError } from '@lab/tensor-core/errors';
import { identity, type Array64 } from '@lab/tensor-core/linalg64';
import { checkCount, checkNumber } from '../theory/checks';

/**
 * How inputs are compared: `dot` is the paper's x^T M x_q, `rbf` is -(x - x_q)^T M (x - x_q) / 2. On the unit sphere with
 * M = w I they give the same attention.
 */
export type Kernel = 'dot' | 'rbf';

const kernels: readonly Kernel[] = ['dot', 'rbf'];

/** One attention unit that regresses in context: all of its state, as plain data. */
export interface AttentionUnit {
  readonly kind: 'softmax' | 'linear';
  /** M = W_K^T W_Q [d, d]. */
  readonly matrix: Array64;
  readonly kernel: Kernel;
  /** Whether the query token, with label 0, is attended to as in a raw transformer. */
  readonly includeQuery: boolean;
}

export interface SoftmaxUnitOptions {
  /** M [d, d]. @default `window` times the identity */
  readonly matrix?: Array64;
  /** Inverse window w; attention reaches about 1 / sqrt(w) far. Needs `dimension`. */
  readonly window?: number;
  /** Dimension d of the inputs; needed with `window`. */
  readonly dimension?: number;
  /** @default 'dot' */
  readonly kernel?: Kernel;
  /** @default false */
  readonly includeQuery?: boolean;
}

/**
 * h_M(x_q) = sum y_i exp(x_i^T M x_q) / sum exp(x_j^T M x_q).
 *
 * @example
 * const unit = softmaxUnit({ window: 8, dimension: 3 });
 */
export function softmaxUnit(options: SoftmaxUnitOptions): AttentionUnit {
  const { window, dimension, kernel = 'dot', includeQuery = false } = options;
  if (!kernels.includes(kernel))
    throw new LabError('argument', 'softmaxUnit: there is no such kernel', {
      argument: 'kernel',
      received: kernel,
      expected: 'dot | rbf',
    });
  return {
    kind: 'softmax',
    matrix: matrixOf({ ...options, window, dimension }, 'softmaxUnit'),
    kernel,
    includeQuery,
  };
}

/**
 * h(x_q) = (1/n) sum y_i x_i^T M x_q: one gradient step of linear regression.
 *
 * @param options `scale` M = scale I, or a whole matrix
 * @example
 * linearUnit({ scale: 3, dimension: 3 }); // M = d I: the linear part of the task, with infinite context on the sphere
 */
export function linearUnit(options: {
  readonly matrix?: Array64;
  readonly scale?: number;
  readonly dimension?: number;
}): AttentionUnit {
  const { matrix, scale, dimension } = options;
  return {
    kind: 'linear',
    matrix: matrixOf({ ...(matrix && { matrix }), window: scale, dimension }, 'linearUnit'),
    kernel: 'dot',
    includeQuery: false,
  };
}

interface MatrixOptions {
  readonly matrix?: Array64;
  readonly window: number | undefined;
  readonly dimension: number | undefined;
}

function matrixOf({ matrix, window, dimension }: MatrixOptions, where: string): Array64 {
  if (matrix) {
    const [rows, columns] = matrix.shape;
    if (matrix.shape.length !== 2 || rows !== columns || rows === 0 || matrix.data.length !== rows! * rows!)
      throw new LabError('shape', `${where}: M is a square matrix`, {
        argument: 'matrix',
        expected: '[d, d]',
        received: matrix.shape,
      });
    const bad = matrix.data.findIndex((each) => !Number.isFinite(each));
    if (bad >= 0)
      throw new LabError('numeric', `${where}: an entry of M is not finite`, {
        argument: 'matrix',
        received: `${String(matrix.data[bad])} at ${bad}`,
      });
    return matrix;
  }
  checkCount(dimension ?? NaN, { argument: 'dimension', where });
  checkNumber(window ?? NaN, { argument: 'window', where });
  const eye = identity(dimension!);
  return { shape: eye.shape, data: eye.data.map((each) => each * window!) };
}

/**
 * The unit with M multiplied by a factor: its window moved to another context size, noise or Lipschitz constant without
 * training (section 3.4).
 */
export function rescaled(unit: AttentionUnit, factor: number): AttentionUnit {
  checkNumber(factor, { argument: 'factor', where: 'rescaled' });
  return {
    ...unit,
    matrix: { shape: unit.matrix.shape, data: unit.matrix.data.map((each) => each * factor) },
  };
}
