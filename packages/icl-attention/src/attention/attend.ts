import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { checkPromptData, type Prompt, type Regressor } from './prompt';
import type { AttentionUnit } from './unit';

/** What a softmax unit says about the queries of a prompt, and how it looked. */
export interface Attention {
  /** Labels of the queries [m]. */
  readonly predictions: Float64Array;
  /** Attention p of each query to each context point [m, n]. */
  readonly weights: Array64;
  /** 1 / sum p^2: about how many points were averaged [m]. */
  readonly effectiveSampleSize: Float64Array;
  /** sum p |x - x_q|: how far away they are [m]. */
  readonly windowRadius: Float64Array;
}

/**
 * Predicts in context with one unit, in float64 and without an engine: no weight changes.
 *
 * @throws LabError as `checkPromptData` says; `shape` when M has another dimension than the inputs; `unsupported` for a
 * linear unit, whose weights are no average (use `regress`)
 * @example
 * const { predictions, windowRadius } = attend(softmaxUnit({ window: 8, dimension: 2 }), { x, y, queries });
 */
export function attend(unit: AttentionUnit, prompt: Prompt): Attention {
  if (unit.kind !== 'softmax')
    throw new LabError('unsupported', 'attend: linear attention has no weights that average', {
      argument: 'unit',
      hint: 'predict with regress(unit, prompt)',
    });
  const { context, dimension, queries } = checked(unit, prompt, 'attend');
  const { x, y } = prompt;
  const weights = attentionWeights64(unit, prompt);
  const predictions = new Float64Array(queries);
  const effectiveSampleSize = new Float64Array(queries);
  const windowRadius = new Float64Array(queries);
  for (let q = 0; q < queries; q++) {
    let squares = 0;
    for (let i = 0; i < context; i++) {
      const p = weights.data[q * context + i]!;
      if (p === 0) continue;
      predictions[q]! += p * y[i]!;
      squares += p * p;
      let distance = 0;
      for (let j = 0; j < dimension; j++)
        distance += (x.data[i * dimension + j]! - prompt.queries.data[q * dimension + j]!) ** 2;
      windowRadius[q]! += p * Math.sqrt(distance);
    }
    effectiveSampleSize[q] = 1 / squares;
  }
  return { predictions, weights, effectiveSampleSize, windowRadius };
}

/** The labels of the queries [m], by a unit of either kind. */
export function regress(unit: AttentionUnit, prompt: Prompt): Float64Array {
  const { context, dimension, queries } = checked(unit, prompt, 'regress');
  const { x, y, mask } = prompt;
  const predictions = new Float64Array(queries);
  if (unit.kind === 'softmax') {
    const weights = attentionWeights64(unit, prompt).data;
    for (let q = 0; q < queries; q++)
      for (let i = 0; i < context; i++) {
        const p = weights[q * context + i]!;
        if (p > 0) predictions[q]! += p * y[i]!;
      }
    return predictions;
  }
  // (1/n) sum y_i x_i, then its product with M x_q.
  const slope = new Float64Array(dimension);
  let counted = 0;
  for (let i = 0; i < context; i++) {
    if (mask && !mask[i]) continue;
    counted++;
    for (let j = 0; j < dimension; j++) slope[j]! += y[i]! * x.data[i * dimension + j]!;
  }
  for (let q = 0; q < queries; q++) {
    const turned = turn(unit.matrix, prompt.queries.data, q);
    for (let j = 0; j < dimension; j++) predictions[q]! += (slope[j]! * turned[j]!) / counted;
  }
  return predictions;
}

/** A unit as one of several regressors to be compared. */
export function attentionRegressor(unit: AttentionUnit, name = `${unit.kind} attention`): Regressor {
  return { name, predict: (prompt) => regress(unit, prompt) };
}

/** Softmax over the context points that count [m, n], with the greatest score taken off first. */
function attentionWeights64(unit: AttentionUnit, { x, queries, mask }: Prompt): Array64 {
  const { matrix, kernel, includeQuery } = unit;
  const [context, dimension] = x.shape as [number, number];
  const asked = queries.shape[0]!;
  const data = new Float64Array(asked * context);
  const own = new Float64Array(kernel === 'rbf' ? context : 0);
  for (let i = 0; i < own.length; i++) own[i] = quadratic(matrix, x.data, i) / 2;
  for (let q = 0; q < asked; q++) {
    const turned = turn(matrix, queries.data, q);
    const row = data.subarray(q * context, (q + 1) * context);
    let most = -Infinity;
    for (let i = 0; i < context; i++) {
      let score = kernel === 'rbf' ? -own[i]! : 0;
      for (let j = 0; j < dimension; j++) score += x.data[i * dimension + j]! * turned[j]!;
      row[i] = mask && !mask[i] ? -Infinity : score;
      if (row[i]! > most) most = row[i]!;
    }
    let self = -Infinity;
    if (includeQuery) {
      const square = quadratic(matrix, queries.data, q);
      self = kernel === 'rbf' ? square / 2 : square;
      if (self > most) most = self;
    }
    let sum = Math.exp(self - most);
    for (let i = 0; i < context; i++) sum += row[i] = Math.exp(row[i]! - most);
    for (let i = 0; i < context; i++) row[i]! /= sum;
  }
  return { shape: [asked, context], data };
}

function checked(unit: AttentionUnit, prompt: Prompt, where: string) {
  const shape = checkPromptData(prompt, where);
  if (unit.matrix.shape[0] !== shape.dimension)
    throw new LabError('shape', `${where}: M and the inputs differ in dimension`, {
      argument: 'x',
      expected: `[n, ${unit.matrix.shape[0]}]`,
      received: prompt.x.shape,
    });
  return shape;
}

/** M x of one row. */
function turn({ shape, data }: Array64, points: Float64Array, row: number): Float64Array {
  const size = shape[0]!;
  const turned = new Float64Array(size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) turned[i]! += data[i * size + j]! * points[row * size + j]!;
  return turned;
}

/** x^T M x of one row. */
function quadratic(matrix: Array64, points: Float64Array, row: number): number {
  const size = matrix.shape[0]!;
  return turn(matrix, points, row).reduce((sum, each, j) => sum + each * points[row * size + j]!, 0);
}
