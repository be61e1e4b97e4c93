import { LabError } from '@lab/tensor-core/errors';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Kernel } from './unit';

/** A batch of prompts as tensors. */
export interface PromptTensors {
  /** Context inputs [batch, n, d]. */
  readonly x: Tensor;
  /** Context labels [batch, n]. */
  readonly y: Tensor;
  /** Queries [batch, m, d]. */
  readonly queries: Tensor;
  /** 1 where a context point counts, 0 at padding, whose labels must be finite [batch, n]. @default all count */
  readonly mask?: Tensor | undefined;
}

export interface SoftmaxOptions {
  /** @default 'dot' */
  readonly kernel?: Kernel;
  /** Whether the query, with label 0, is attended to as well. @default false */
  readonly includeQuery?: boolean;
}

/**
 * Softmax attention over context points, h_M(x_q) = sum y_i exp(x_i^T M x_q) / sum exp(x_j^T M x_q) (section 2). A pure
 * function of tensors, differentiable in all of them, so a loss with it compiles.
 *
 * @param matrix M [d, d]
 * @returns [batch, m]
 * @throws LabError `shape` when shapes do not fit or the context is empty
 */
export function softmaxAttention(
  matrix: Tensor,
  prompts: PromptTensors,
  options: SoftmaxOptions = {},
): Tensor {
  return tf.tidy(() => average(attentionWeights(matrix, prompts, options), prompts.y));
}

/**
 * The weights p of softmax attention [batch, m, n]. With `includeQuery` they sum to less than 1: the rest is the query's.
 */
export function attentionWeights(
  matrix: Tensor,
  prompts: PromptTensors,
  options: SoftmaxOptions = {},
): Tensor {
  const { kernel = 'dot', includeQuery = false } = options;
  const { context } = checkTensors(matrix, prompts);
  return tf.tidy(() => {
    const { x, queries, mask } = prompts;
    const turned = timesMatrix(queries, matrix);
    let scores = tf.matMul(turned, x, false, true);
    if (kernel === 'rbf') scores = tf.sub(scores, tf.expandDims(halfSquares(x, matrix), 1));
    // Far below any score, and finite: exp of it is exactly 0.
    if (mask) scores = tf.add(scores, tf.expandDims(tf.mul(tf.sub(mask, 1), 1e9), 1));
    if (!includeQuery) return tf.softmax(scores);
    const self = tf.sum(tf.mul(turned, queries), -1, true);
    const own = kernel === 'rbf' ? tf.mul(self, 0.5) : self;
    const [batch, asked] = scores.shape as [number, number];
    return tf.slice(tf.softmax(tf.concat([scores, own], -1)), [0, 0, 0], [batch, asked, context]);
  });
}

/**
 * Linear attention, (1/n) sum y_i x_i^T M x_q (section 3.2).
 *
 * @param matrix M [d, d]
 * @returns [batch, m]
 */
export function linearAttention(matrix: Tensor, prompts: PromptTensors): Tensor {
  const { context } = checkTensors(matrix, prompts);
  return tf.tidy(() => {
    const { x, y, queries, mask } = prompts;
    const labels = mask ? tf.mul(y, mask) : y;
    const count = mask ? tf.expandDims(tf.sum(mask, 1), 1) : tf.scalar(context);
    const scores = tf.matMul(timesMatrix(queries, matrix), x, false, true);
    return tf.div(average(scores, labels), count);
  });
}

/** sum over context points of weights [batch, m, n] times labels [batch, n]. */
function average(weights: Tensor, labels: Tensor): Tensor {
  return tf.squeeze(tf.matMul(weights, tf.expandDims(labels, 2)), [2]);
}

/** M x of every row of [batch, m, d]. */
function timesMatrix(points: Tensor, matrix: Tensor): Tensor {
  const [batch, count, dimension] = points.shape as [number, number, number];
  const rows = tf.reshape(points, [batch * count, dimension]);
  return tf.reshape(tf.matMul(rows, matrix, false, true), [batch, count, dimension]);
}

/** x^T M x / 2 of every row [batch, n]. */
function halfSquares(x: Tensor, matrix: Tensor): Tensor {
  return tf.mul(tf.sum(tf.mul(timesMatrix(x, matrix), x), -1), 0.5);
}

function checkTensors(matrix: Tensor, { x, y, queries, mask }: PromptTensors): { context: number } {
  const [batch = 0, context = 0, dimension = 0] = x.shape;
  const fits =
    x.shape.length === 3 &&
    y.shape.join() === [batch, context].join() &&
    (!mask || mask.shape.join() === y.shape.join()) &&
    queries.shape.length === 3 &&
    queries.shape[0] === batch &&
    queries.shape[2] === dimension &&
    matrix.shape.join() === [dimension, dimension].join();
  if (!fits)
    throw new LabError('shape', 'attention: the shapes do not fit together', {
      expected: 'M [d, d], x [batch, n, d], y and mask [batch, n], queries [batch, m, d]',
      received: { matrix: matrix.shape, x: x.shape, y: y.shape, queries: queries.shape, mask: mask?.shape },
    });
  if (context < 1)
    throw new LabError('argument', 'attention: the context is empty', { argument: 'x', received: x.shape });
  return { context };
}
