import { randomNormal, tf, type Tensor } from '@lab/tensor-core';
import { identity, matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { Kernel } from '../attention/unit';

/** What is trained: R [r, d], or M [d, d], or W_K and W_Q [r, d]. */
export type MetricParams = Readonly<Record<string, Tensor>>;

/** A way to train M. */
export interface MetricForm {
  init(key: Key): MetricParams;
  /** Scores of every pair of rows of x [batch, rows, d]: [batch, rows that ask, rows that answer]. */
  scores(params: MetricParams, x: Tensor): Tensor;
  /** M [d, d] of trained parameters. */
  matrix(params: Readonly<Record<string, Array64>>): Array64;
  /** Rate of Adam that its entries want. */
  readonly learningRate: number;
}

/** Inverse window that `dot` starts from, as pre-training does (section 3.3). */
const startWindow = 4;

/** Standard deviation of what tells W_K from W_Q; alike, they could only ever form a positive M. */
const jitter = 0.02;

/**
 * `rbf` learns M = R^T R, a metric (distances have no sign); `dot` any M, or W_K^T W_Q where the rank is limited (section 3.4).
 */
export function metricForm(
  kernel: Kernel,
  { dimension, rank }: { dimension: number; rank: number },
): MetricForm {
  if (kernel === 'rbf') return distanceForm(dimension, rank);
  return rank < dimension ? factoredForm(dimension, rank) : freeForm(dimension);
}

function distanceForm(dimension: number, rank: number): MetricForm {
  return {
    init: () => ({ metric: firstRows(dimension, { rank, scale: 1 }) }),
    scores: ({ metric }, x) => {
      const turned = times(x, metric!);
      const halves = tf.mul(tf.sum(tf.square(turned), -1), 0.5);
      return tf.sub(tf.matMul(turned, turned, false, true), tf.expandDims(halves, 1));
    },
    matrix: ({ metric }) => matmul(transpose(metric!), metric!),
    learningRate: 0.05,
  };
}

function freeForm(dimension: number): MetricForm {
  return {
    init: () => ({ matrix: firstRows(dimension, { rank: dimension, scale: startWindow }) }),
    scores: ({ matrix }, x) => tf.matMul(times(x, matrix!), x, false, true),
    matrix: ({ matrix }) => matrix!,
    learningRate: 0.3,
  };
}

function factoredForm(dimension: number, rank: number): MetricForm {
  const near = (key: Key): Tensor =>
    tf.add(
      firstRows(dimension, { rank, scale: Math.sqrt(startWindow) }),
      tf.mul(randomNormal(key, [rank, dimension]), jitter),
    );
  return {
    init: (key) => ({ keys: near(foldIn(key, 0)), queries: near(foldIn(key, 1)) }),
    scores: ({ keys, queries }, x) => tf.matMul(times(x, queries!), times(x, keys!), false, true),
    matrix: ({ keys, queries }) => matmul(transpose(keys!), queries!),
    learningRate: 0.05,
  };
}

/** The first rows of a multiple of the identity. */
function firstRows(dimension: number, { rank, scale }: { rank: number; scale: number }): Tensor {
  const data = Float32Array.from(identity(dimension).data.subarray(0, rank * dimension), (e) => scale * e);
  return tf.tensor(data, [rank, dimension]);
}

/** W x of every row of [batch, rows, d]. */
function times(x: Tensor, matrix: Tensor): Tensor {
  const [batch, rows, dimension] = x.shape as [number, number, number];
  const flat = tf.matMul(tf.reshape(x, [batch * rows, dimension]), matrix, false, true);
  return tf.reshape(flat, [batch, rows, matrix.shape[0]]);
}
