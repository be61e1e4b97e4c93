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

/** x M^T for row-major x [rows, size] and M [size, size]; four dot products at a time share the reads of x. */
function timesTransposed(x: Float64Array, matrix: Float64Array, size: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += size) {
    let j = 0;
    for (; j + 4 <= size; j += 4) {
      const first = j * size;
      const [second, third, fourth] = [first + size, first + 2 * size, first + 3 * size];
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let i = 0; i < size; i++) {
        const value = x[row + i]!;
        a += value * matrix[first + i]!;
        b += value * matrix[second + i]!;
        c += value * matrix[third + i]!;
        d += value * matrix[fourth + i]!;
      }
      out[row + j] = a;
      out[row + j + 1] = b;
      out[row + j + 2] = c;
      out[row + j + 3] = d;
    }
    for (; j < size; j++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += x[row + i]! * matrix[j * size + i]!;
      out[row + j] = sum;
    }
  }
  return out;
}

function centred(x: Array64, centre: Float64Array): Float64Array {
  const out = new Float64Array(x.data.length);
  for (let row = 0; row < out.length; row += centre.length)
    for (let i = 0; i < centre.length; i++) out[row + i] = x.data[row + i]! - centre[i]!;
  return out;
}

/** Multiplies each row by `factors`, entry by entry, in place. */
function scaleRows(x: Float64Array, factors: Float64Array): Float64Array {
  for (let row = 0; row < x.length; row += factors.length)
    for (let i = 0; i < factors.length; i++) x[row + i]! *= factors[i]!;
  return x;
}

const float64Algebra: SpectralAlgebra<Array64> = {
  apply(x, { size, vectors, transposed }, { centre, gains, shift }) {
    const batch = batchOf(x.shape, size);
    let data = centred(x, centre);
    if (vectors === undefined || transposed === undefined) scaleRows(data, gains);
    else if (batch > size)
      // One product with V diag(gains) V^T instead of two with V, once it pays to form it.
      data = timesTransposed(data, timesTransposed(scaleRows(vectors.slice(), gains), vectors, size), size);
    else data = timesTransposed(scaleRows(timesTransposed(data, transposed, size), gains), vectors, size);
    for (let row = 0; row < data.length; row += size)
      for (let i = 0; i < size; i++) data[row + i]! += shift[i]!;
    return { shape: x.shape, data };
  },
  quadratic(x, { size, transposed }, { centre, gains }) {
    const batch = batchOf(x.shape, size);
    const moved = centred(x, centre);
    const coordinates = transposed === undefined ? moved : timesTransposed(moved, transposed, size);
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

const row = (values: Float64Array): Tensor => tf.tensor(new Float32Array(values), [1, values.length]);

function matrix({ vectors, size }: Spectrum): Tensor {
  return tf.tensor(new Float32Array(vectors!), [size, size]);
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
      // Splitting into one piece has no gradient.
      if (values.length === 1) return tf.clone(values[0]!);
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
