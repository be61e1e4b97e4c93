import { LabError } from '../errors';
import { qr } from '../linalg64';
import { normal, normal64, truncatedNormal, uniform, type Key } from '../random';
import { tf, type Tensor } from '../tf';

/** Draws the first values of a parameter of a given shape; the tensor belongs to the caller. */
export type Initializer = (key: Key, shape: readonly number[]) => Tensor;

/** All zeros. */
export const zerosInit: Initializer = (_, shape) => tf.zeros([...shape]);

/** All ones. */
export const onesInit: Initializer = (_, shape) => tf.ones([...shape]);

/** Normal with mean 0. */
export function normalInit(stddev: number): Initializer {
  return (key, shape) => scaled(normal(key, shape), shape, stddev);
}

/** Uniform in [-limit, limit). */
export function uniformInit(limit: number): Initializer {
  return (key, shape) => scaled(uniform(key, shape, { low: -1, high: 1 }), shape, limit);
}

/** Normal with mean 0, on condition that it is within two standard deviations; its own deviation is 0.88 `stddev`. */
export function truncatedInit(stddev: number): Initializer {
  return (key, shape) => scaled(truncatedNormal(key, shape, { low: -2, high: 2 }), shape, stddev);
}

/** Variance 1 / inputs (LeCun et al. 1998): keeps the size of a linear layer's values. */
export const lecunNormal: Initializer = byVariance('normal', ({ inputs }) => 1 / inputs);
export const lecunUniform: Initializer = byVariance('uniform', ({ inputs }) => 1 / inputs);

/** Variance 2 / (inputs + outputs) (Glorot & Bengio 2010): between keeping values and keeping gradients. */
export const glorotNormal: Initializer = byVariance(
  'normal',
  ({ inputs, outputs }) => 2 / (inputs + outputs),
);
export const glorotUniform: Initializer = byVariance(
  'uniform',
  ({ inputs, outputs }) => 2 / (inputs + outputs),
);

/** Variance 2 / inputs (He et al. 2015): keeps the size of values through rectifiers. */
export const heNormal: Initializer = byVariance('normal', ({ inputs }) => 2 / inputs);
export const heUniform: Initializer = byVariance('uniform', ({ inputs }) => 2 / inputs);

/**
 * A matrix with orthonormal columns, or rows if it is wide, drawn uniformly (Saxe et al. 2014); leading axes count as
 * rows.
 */
export function orthogonal(gain = 1): Initializer {
  return (key, shape) => {
    const { rows, columns } = matrixOf(shape, 'orthogonal');
    const [tall, narrow] = rows >= columns ? [rows, columns] : [columns, rows];
    // With no negative number on R's diagonal, Q is uniform over orthonormal matrices (Mezzadri 2007, section 5).
    const { data } = qr({ shape: [tall, narrow], data: normal64(key, [tall, narrow]) }).q;
    const values = new Float32Array(rows * columns);
    for (let i = 0; i < tall; i++)
      for (let j = 0; j < narrow; j++)
        values[rows >= columns ? i * columns + j : j * columns + i] = gain * data[i * narrow + j]!;
    return tf.tensor(values, [...shape]);
  };
}

interface Fans {
  readonly inputs: number;
  readonly outputs: number;
}

/** The last axis is outputs, the one before inputs, any further are the places of a kernel. */
function fansOf(shape: readonly number[]): Fans {
  const place = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  const outputs = shape.at(-1) ?? 1;
  return { inputs: place * (shape.at(-2) ?? outputs), outputs: place * outputs };
}

function byVariance(law: 'normal' | 'uniform', variance: (fans: Fans) => number): Initializer {
  return (key, shape) => {
    const stddev = Math.sqrt(variance(fansOf(shape)));
    return law === 'normal' ? normalInit(stddev)(key, shape) : uniformInit(Math.sqrt(3) * stddev)(key, shape);
  };
}

function matrixOf(
  shape: readonly number[],
  caller: string,
): { readonly rows: number; readonly columns: number } {
  if (shape.length < 2)
    throw new LabError('shape', `${caller}: a matrix is needed`, { argument: 'shape', received: shape });
  const columns = shape.at(-1)!;
  return { rows: shape.slice(0, -1).reduce((product, size) => product * size, 1), columns };
}

function scaled(values: Float32Array, shape: readonly number[], factor: number): Tensor {
  return tf.tensor(
    values.map((value) => value * factor),
    [...shape],
  );
}
