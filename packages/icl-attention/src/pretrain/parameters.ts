import { LabError } from '@lab/tensor-core/errors';
import { randomNormal, tf, type Tensor } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';

/**
 * How M is trained: all entries, a symmetric part, a diagonal, one positive number (its logarithm is trained), or W_K and W_Q with
 * M = W_K^T W_Q.
 */
export type Parameterization = 'full' | 'symmetric' | 'diagonal' | 'scalar' | 'factored';

/** What is trained; which fields depends on the parameterisation. */
export type AttentionParams = Readonly<Record<string, Tensor>>;

interface Form {
  /** Parameters with which M is (for `factored`: nearly) w0 I. */
  init(window: number, size: { dimension: number; key: Key }): AttentionParams;
  /** M [d, d], differentiable in the parameters. */
  matrix(params: AttentionParams, dimension: number): Tensor;
}

const scaledEye = (dimension: number, by: number): Tensor => tf.mul(tf.eye(dimension), by);

/** Standard deviation of what breaks the symmetry between W_K and W_Q. */
const jitter = 0.02;

const forms: Readonly<Record<Parameterization, Form>> = {
  full: {
    init: (window, { dimension }) => ({ matrix: scaledEye(dimension, window) }),
    matrix: ({ matrix }) => tf.clone(matrix!),
  },
  symmetric: {
    init: (window, { dimension }) => ({ matrix: scaledEye(dimension, window) }),
    matrix: ({ matrix }) => tf.mul(tf.add(matrix!, tf.transpose(matrix!)), 0.5),
  },
  diagonal: {
    init: (window, { dimension }) => ({ diagonal: tf.fill([dimension], window) }),
    matrix: ({ diagonal }, dimension) => tf.mul(tf.eye(dimension), diagonal!),
  },
  scalar: {
    init: (window) => ({ logWindow: tf.scalar(Math.log(window)) }),
    matrix: ({ logWindow }, dimension) => tf.mul(tf.eye(dimension), tf.exp(logWindow!)),
  },
  factored: {
    init: (window, { dimension, key }) => {
      const near = (which: number): Tensor =>
        tf.add(
          scaledEye(dimension, Math.sqrt(window)),
          tf.mul(randomNormal(foldIn(key, which), [dimension, dimension]), jitter),
        );
      return { keys: near(0), queries: near(1) };
    },
    matrix: ({ keys, queries }) => tf.matMul(tf.transpose(keys!), queries!),
  },
};

/** The form of a parameterisation. */
export function formOf(parameterization: Parameterization): Form {
  if (Object.hasOwn(forms, parameterization)) return forms[parameterization];
  throw new LabError('argument', 'pretrain: there is no such parameterisation', {
    argument: 'parameterization',
    received: parameterization,
    expected: Object.keys(forms).join(' | '),
  });
}
