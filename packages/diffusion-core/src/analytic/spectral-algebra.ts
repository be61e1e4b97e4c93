import type { Tensor } from '@lab/tensor-core';
import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Space } from '../types';
import type { Spectrum } from './spectrum';

/** How an eigen-direction's coordinate `(x - centre) . v_i` is scaled, and where the result is centred. */
export interface SpectralMap {
  /** [D] taken from x first. */
  readonly centre: Float64Array;
  /** [D] factor of each eigen-direction. */
  readonly gains: Float64Array;
  /** [D] added at the end. */
  readonly shift: Float64Array;
}

/** What closed-form denoisers need of states beyond `Space`; one implementation for each space. */
export interface SpectralAlgebra<X> {
  /** `shift + V diag(gains) V^T (x - centre)` for each sample of x [B, ...]; a new state of x's shape. */
  apply(x: X, spectrum: Spectrum, map: SpectralMap): X;
  /** `sum_i weights_i ((x - centre) . v_i)^2` for each sample: [B]. The result is a state to dispose. */
  quadratic(x: X, spectrum: Spectrum, map: Pick<SpectralMap, 'centre' | 'gains'>): X;
  /** `sum_k softmax_k(logits_k)[b] values_k[b, ...]` from K logits of shape [B] and K states of shape [B, ...]. */
  average(logits: readonly X[], offsets: readonly number[], values: readonly X[]): X;
}

/** The algebra of a space; only the two spaces of this package have one. */
export function spectralAlgebra<X>(space: Space<X>): SpectralAlgebra<X> {
  const found: unknown = space.name === 'float64' ? float64Algebra : tensorAlgebra;
  return found as SpectralAlgebra<X>;
}

/** Batch size of a state whose samples have `size` entries. */
function batchOf(shape: readonly number[], size: number): number {
  const total = shape.reduce((product, each) => product * each, 1);
  const batch = shape[0] ?? 0;
  if (shape.length < 2 || batch * size !== total)
    throw new LabError(
      'shape',
      'the state does not hold samples of the size that the denoiser was made for',
      {
        expected: `[batch, ...] with ${size} entries a sample`,
        received: shape,
      },
    );
  return batch;
}

/** out = x M (or x M^T) for row-major x [rows, size], M [size, size]. */
function multiply(
  x: Float64Array,
  matrix: Float64Array,
  { size, transposed }: { size: number; transposed: boolean },
) {
  const out = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += size)
    for (let i = 0; i < size; i++) {
      if (transposed) {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += x[row + j]! * matrix[i * size + j]!;
        out[row + i] = sum;
      } else {
        const value = x[row + i]!;
        if (value !== 0) for (let j = 0; j < size; j++) out[row + j]! += value * matrix[i * size + j]!;
      }
    }
  return out;
}

function centred(x: Array64, centre: Float64Array): Float64Array {
  return x.data.map((value, i) => value - centre[i % centre.length]!);
}

const float64Algebra: SpectralAlgebra<Array64> = {
  apply(x, { size, vectors }, { centre, gains, shift }) {
    batchOf(x.shape, size);
    const moved = centred(x, centre);
    const coordinates = vectors === undefined ? moved : multiply(moved, vectors, { size, transposed: false });
    const scaled = coordinates.map((value, i) => value * gains[i % size]!);
    const back = vectors === undefined ? scaled : multiply(scaled, vectors, { size, transposed: true });
    return { shape: x.shape, data: back.map((value, i) => value + shift[i % size]!) };
  },
  quadratic(x, { size, vectors }, { centre, gains }) {
    const batch = batchOf(x.shape, size);
    const moved = centred(x, centre);
    const coordinates = vectors === undefined ? moved : multiply(moved, vectors, { size, transposed: false });
    const data = new Float64Array(batch);
    coordinates.forEach((value, i) => (data[Math.floor(i / size)]! += gains[i % size]! * value * value));
    return { shape: [batch], data };
  },
  average(logits, offsets, values) {
    const batch = logits[0]!.data.length;
    const size = values[0]!.data.length / batch;
    const data = new Float64Array(batch * size);
    for (let b = 0; b < batch; b++) {
      const scores = logits.map((each, k) => each.data[b]! + offsets[k]!);
      const top = Math.max(...scores);
      const weights = scores.map((each) => Math.exp(each - top));
      const total = weights.reduce((sum, each) => sum + each, 0);
      values.forEach((each, k) => {
        const share = weights[k]! / total;
        for (let i = b * size; i < (b + 1) * size; i++) data[i]! += share * each.data[i]!;
      });
    }
    return { shape: values[0]!.shape, data };
  },
};

const row = (values: Float64Array): Tensor => tf.tensor(Float32Array.from(values), [1, values.length]);

function matrix({ vectors, size }: Spectrum): Tensor {
  return tf.tensor(Float32Array.from(vectors!), [size, size]);
}

function coordinatesOf(x: Tensor, spectrum: Spectrum, centre: Float64Array): Tensor {
  const moved = tf.sub(tf.reshape(x, [batchOf(x.shape, spectrum.size), spectrum.size]), row(centre));
  return spectrum.vectors === undefined ? moved : tf.matMul(moved, matrix(spectrum));
}

const tensorAlgebra: SpectralAlgebra<Tensor> = {
  // The small matrices are uploaded at each call, so that the denoiser holds no tensor that somebody must free.
  apply: (x, spectrum, { centre, gains, shift }) =>
    tf.tidy(() => {
      const scaled = tf.mul(coordinatesOf(x, spectrum, centre), row(gains));
      const back =
        spectrum.vectors === undefined ? scaled : tf.matMul(scaled, tf.transpose(matrix(spectrum)));
      return tf.reshape(tf.add(back, row(shift)), x.shape);
    }),
  quadratic: (x, spectrum, { centre, gains }) =>
    tf.tidy(() => tf.sum(tf.mul(tf.square(coordinatesOf(x, spectrum, centre)), row(gains)), 1)),
  average: (logits, offsets, values) =>
    tf.tidy(() => {
      const scores = tf.stack(
        logits.map((each, k) => tf.add(each, offsets[k]!)),
        1,
      );
      const shares = tf.split(tf.softmax(scores), logits.length, 1);
      const flat = values.map((each, k) => tf.mul(tf.reshape(each, [each.shape[0], -1]), shares[k]!));
      return tf.reshape(
        flat.reduce((sum, each) => tf.add(sum, each)),
        values[0]!.shape,
      );
    }),
};
