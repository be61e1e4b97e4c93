import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { uniform64, type Key } from '@lab/tensor-core/random';
import { LabError } from '@lab/tensor-core/errors';
import { checkSamples, type Samples } from '../data/samples';
import { preactivations } from '../network/float64-kernels';
import { leadingColumns } from '../metrics/recovery';
import type { FeatureModel } from '../pretrain/feature-model';
import { normalizeRows } from '../pretrain/normalize';

/** relu(W (x - center) + b), one feature a neuron. */
export interface ReluLayer {
  /** [m, d] */
  readonly weights: Array64;
  /** [m] */
  readonly bias: Float64Array;
  /** [d]; zeros when absent. */
  readonly center?: Float64Array;
}

/**
 * The frozen layer of downstream adaptation (3.3): rows of norm 1, and fresh biases b ~ U[-beta, beta]. Without them ReLU
 * features of a projection are homogeneous and cannot represent, for example, an interval. Dead rows are left out.
 */
export function reluLayer(
  weights: Array64,
  {
    key,
    beta = 1.5,
    center,
  }: {
    readonly key: Key;
    /** Half width of the biases' range. @default 1.5 */
    readonly beta?: number;
    /** @default zeros */
    readonly center?: Float64Array;
  },
): ReluLayer {
  const rows = normalizeRows(weights);
  const bias = uniform64(key, rows.shape[0]!, { low: -beta, high: beta });
  return { weights: rows, bias, ...(center && { center }) };
}

/** Features [n, m] of a layer. */
export function reluFeatures({ weights, bias, center }: ReluLayer, x: Samples): Array64 {
  const p = preactivations(centred(x, center), weights);
  const m = bias.length;
  for (let at = 0; at < p.length; at++) p[at] = Math.max(0, p[at]! + bias[at % m]!);
  return { shape: [x.shape[0]!, m], data: p };
}

export type TransformOptions =
  | {
      /** Coordinates along the top singular directions, [n, rank]: better conditioned than ReLU features. */
      readonly mode: 'project';
      readonly rank: number;
    }
  | { readonly mode: 'relu'; readonly key: Key; /** @default 1.5 */ readonly beta?: number };

/**
 * Features of a pre-trained model, in double precision.
 * @param x [n, d]
 * @throws LabError `shape` when x has another number of columns than the model
 */
export function transform(model: FeatureModel, x: Samples, options: TransformOptions): Array64 {
  const { n, d } = checkSamples(x, 'transform');
  if (d !== model.center.length)
    throw new LabError('shape', 'transform: the model was trained on another number of features', {
      argument: 'x',
      received: x.shape,
      expected: `[n, ${model.center.length}]`,
    });
  if (options.mode === 'relu') {
    // Rows are normalised on whitened inputs, where preactivations then have variance 1
    const white = normalizeRowsLike(model);
    const bias = reluLayer(white, options).bias;
    return reluFeatures({ weights: white, bias, center: model.center }, x);
  }
  const data = centred(x, model.center);
  return matmul(
    { shape: [n, d], data: new Float64Array(data.data) },
    leadingColumns(model.directions, options.rank),
  );
}

/** Rows of `weights` divided by the norms of `whiteWeights`, the dead ones left out. */
function normalizeRowsLike({ weights, whiteWeights }: FeatureModel): Array64 {
  if (weights === whiteWeights) return normalizeRows(weights);
  const [m, d] = weights.shape as [number, number];
  const norms = Float64Array.from({ length: m }, (_, j) =>
    Math.hypot(...whiteWeights.data.subarray(j * d, (j + 1) * d)),
  );
  return { shape: [m, d], data: weights.data.map((value, at) => value / (norms[Math.floor(at / d)]! || 1)) };
}

function centred(x: Samples, center: Float64Array | undefined): Samples {
  if (!center || center.every((value) => value === 0)) return x;
  const d = center.length;
  const data = new Float64Array(x.data);
  for (let at = 0; at < data.length; at++) data[at]! -= center[at % d]!;
  return { shape: x.shape, data };
}

/** Parameters of a `linear` layer of tensor-core with these features before the ReLU: weight [d, m] and bias [m]. */
export function denseParams({ weights, bias, center }: ReluLayer): { weight: Array64; bias: Float64Array } {
  if (!center) return { weight: transpose(weights), bias };
  const shift = matmul(weights, { shape: [center.length], data: center }).data;
  return { weight: transpose(weights), bias: bias.map((value, j) => value - shift[j]!) };
}
