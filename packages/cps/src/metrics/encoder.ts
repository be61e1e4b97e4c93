import {
  adam,
  disposeTree,
  fit,
  mlp,
  silu,
  tf,
  type MlpParams,
  type Module,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, permutation, uniform, type Key } from '@lab/tensor-core/random';
import { flatShape, frechetBetween } from '@lab/diffusion-core/metrics';

export interface EncoderOptions {
  /** All randomness: weights, batches, views. */
  readonly key: Key;
  /** Numbers in an embedding. @default 16 */
  readonly features?: number;
  /** Units of a hidden layer. @default 128 */
  readonly width?: number;
  /** @default 300 */
  readonly steps?: number;
  /** @default 64 */
  readonly batchSize?: number;
  /** Sharpness of the contrast: inner products are divided by it. @default 0.2 */
  readonly temperature?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A trained, fixed map from series to features. */
export interface SeriesEncoder {
  /** [n, ...] to [n, features], each of length 1. */
  embed(series: Array64): Promise<Array64>;
  /** Frees its weights. */
  dispose(): void;
}

/** Two encoders that were trained to agree on pairs. */
export interface JointEncoder extends SeriesEncoder {
  /** [n, ...] and metadata [n, m] to [n, 2 features]. */
  embedPairs(series: Array64, metadata: Array64): Promise<Array64>;
}

/**
 * An encoder of series for FTSD, trained on real series alone by contrast: two views of a series (noise, another scale,
 * a stretch blanked out) are to be near, views of different series apart (the symmetric InfoNCE loss).
 *
 * Train it once and use it for every method.
 */
export async function trainSeriesEncoder(real: Array64, options: EncoderOptions): Promise<SeriesEncoder> {
  const { features = 16, width = 128, batchSize = 64 } = options;
  const { size, count } = checked(real);
  const tower = mlp({ sizes: [size, width, features], activation: silu });
  const view = (indices: Int32Array, key: Key): Tensor =>
    tf.tensor2d(augmented(real, indices, key), [indices.length, size]);
  const params = await trainTowers(
    { tower, other: tower, shared: true },
    { ...options, batchSize, count },
    (indices, key) => [view(indices, foldIn(key, 0)), view(indices, foldIn(key, 1))],
  );
  return {
    embed: (series) => embed(tower, params.tower, series),
    dispose: () => disposeTree(params),
  };
}

/**
 * Encoders of series and of their metadata for J-FTSD (TIME WEAVER, Narasimhan et al. 2024): a series and its own metadata
 * are to be near, mismatched ones apart.
 *
 * @param real [n, ...]
 * @param metadata [n, m] standardised numbers
 */
export async function trainJointEncoder(
  real: Array64,
  metadata: Array64,
  options: EncoderOptions,
): Promise<JointEncoder> {
  const { features = 16, width = 128, batchSize = 64 } = options;
  const [{ size, count }, fields] = [checked(real), checked(metadata)];
  if (fields.count !== count)
    throw new LabError('shape', 'trainJointEncoder: one row of metadata for each series', {
      received: [real.shape, metadata.shape],
    });
  const tower = mlp({ sizes: [size, width, features], activation: silu });
  const other = mlp({ sizes: [fields.size, width, features], activation: silu });
  const params = await trainTowers(
    { tower, other, shared: false },
    { ...options, batchSize, count },
    (indices) => [rowsOf(real, indices), rowsOf(metadata, indices)],
  );
  return {
    embed: (series) => embed(tower, params.tower, series),
    embedPairs: async (series, known) => {
      const [a, b] = [await embed(tower, params.tower, series), await embed(other, params.other!, known)];
      return joined(a, b);
    },
    dispose: () => disposeTree(params),
  };
}

/** FTSD: the Frechet distance of the embeddings of two sets of series. */
export async function ftsd(encoder: SeriesEncoder, a: Array64, b: Array64): Promise<number> {
  return frechetBetween(await encoder.embed(a), await encoder.embed(b));
}

/** J-FTSD: the Frechet distance of the joined embeddings of series and metadata. */
export async function jointFtsd(
  encoder: JointEncoder,
  a: { readonly series: Array64; readonly metadata: Array64 },
  b: { readonly series: Array64; readonly metadata: Array64 },
): Promise<number> {
  return frechetBetween(
    await encoder.embedPairs(a.series, a.metadata),
    await encoder.embedPairs(b.series, b.metadata),
  );
}

type Tower = Module<MlpParams>;

interface Towers {
  readonly tower: Tower;
  readonly other: Tower;
  /** Both views go through one tower. */
  readonly shared: boolean;
}

interface TowerParams {
  readonly tower: MlpParams;
  readonly other?: MlpParams;
}

async function trainTowers(
  { tower, other, shared }: Towers,
  {
    key,
    steps = 300,
    batchSize,
    temperature = 0.2,
    signal,
    count,
  }: EncoderOptions & { batchSize: number; count: number },
  pair: (indices: Int32Array, key: Key) => [Tensor, Tensor],
): Promise<TowerParams> {
  const first: TowerParams = {
    tower: tower.init(foldIn(key, 0)),
    ...(shared ? {} : { other: other.init(foldIn(key, 1)) }),
  };
  const size = Math.min(batchSize, count);
  try {
    const { params, optimizerState } = await fit({
      params: first,
      optimizer: adam({ learningRate: 2e-3 }),
      loss: (params, [a, b]: [Tensor, Tensor]) =>
        agreement(
          normalized(tower.apply(params.tower, a)),
          normalized(other.apply(params.other ?? params.tower, b)),
          temperature,
        ),
      batches: (_, stepKey) =>
        pair(permutation(foldIn(stepKey, 0), count).slice(0, size), foldIn(stepKey, 1)),
      steps,
      key: foldIn(key, 2),
      signal,
    });
    disposeTree(optimizerState);
    return params;
  } finally {
    disposeTree(first);
  }
}

/** Symmetric InfoNCE: each row of a is to pick its own row of b among all, and the other way round. */
function agreement(a: Tensor, b: Tensor, temperature: number): Tensor {
  const scores = tf.div(tf.matMul(a, b, false, true), temperature);
  const own = tf.div(tf.sum(tf.mul(a, b), 1), temperature);
  const among = tf.add(tf.logSumExp(scores, 1), tf.logSumExp(scores, 0));
  return tf.mean(tf.sub(tf.mul(among, 0.5), own));
}

function normalized(x: Tensor): Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 1, true), 1e-12)));
}

/** A view: scaled by 1 +- 0.1, with noise of 0.1, and a fifth of its steps blanked out in one stretch. */
function augmented(series: Array64, indices: Int32Array, key: Key): Float32Array {
  const size = flatShape(series).size;
  const length = series.shape[1] ?? size;
  const width = size / length;
  const noise = normal(foldIn(key, 0), indices.length * size);
  const factors = normal(foldIn(key, 1), indices.length);
  const places = uniform(foldIn(key, 2), indices.length);
  const blank = Math.floor(length / 5);
  const rows = new Float32Array(indices.length * size);
  indices.forEach((index, row) => {
    const begin = Math.floor(places[row]! * (length - blank + 1));
    for (let i = 0; i < size; i++) {
      const step = Math.floor(i / width);
      if (step >= begin && step < begin + blank) continue;
      rows[row * size + i] =
        (1 + 0.1 * factors[row]!) * series.data[index * size + i]! + 0.1 * noise[row * size + i]!;
    }
  });
  return rows;
}

function rowsOf(rows: Array64, indices: Int32Array): Tensor {
  const { size } = flatShape(rows);
  const taken = new Float32Array(indices.length * size);
  indices.forEach((index, row) =>
    taken.set(rows.data.subarray(index * size, (index + 1) * size), row * size),
  );
  return tf.tensor2d(taken, [indices.length, size]);
}

async function embed(tower: Tower, params: MlpParams, series: Array64): Promise<Array64> {
  const { count, size } = checked(series);
  const embedded = tf.tidy(() =>
    normalized(tower.apply(params, tf.tensor2d(Float32Array.from(series.data), [count, size]))),
  );
  const data = Float64Array.from(await embedded.data());
  const shape = embedded.shape;
  embedded.dispose();
  return { shape, data };
}

function joined(a: Array64, b: Array64): Array64 {
  const [n = 0, left = 0] = a.shape;
  const right = b.shape[1] ?? 0;
  const data = new Float64Array(n * (left + right));
  for (let i = 0; i < n; i++) {
    data.set(a.data.subarray(i * left, (i + 1) * left), i * (left + right));
    data.set(b.data.subarray(i * right, (i + 1) * right), i * (left + right) + left);
  }
  return { shape: [n, left + right], data };
}

function checked(array: Array64): { count: number; size: number } {
  const flat = flatShape(array);
  if (flat.count === 0 || !array.data.every(Number.isFinite))
    throw new LabError('argument', 'an encoder reads at least one row of finite numbers', {
      argument: 'series',
      received: array.shape,
    });
  return flat;
}
