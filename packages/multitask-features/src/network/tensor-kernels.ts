import { tf, type Tensor, type Tensor2D } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { rowsOf, type Samples } from '../data/samples';
import { chunkRows, type Kernels, type LoadedRows } from './kernels';

interface Chunk {
  readonly from: number;
  readonly to: number;
  readonly x: Tensor2D;
  readonly active: Tensor2D;
}

/** Single precision on the started engine; sums of chunks are added in double precision. */
export function tensorKernels(weights: Array64): Kernels {
  const [m, d] = weights.shape as [number, number];
  // [d, m]: a transposed product would leave the fast path of the WebAssembly engine
  const columns = tf.tidy(() => tf.transpose(tf.tensor2d(new Float32Array(weights.data), [m, d])));
  return { load: (x) => loadRows(x, columns, m), dispose: () => columns.dispose() };
}

function loadRows(x: Samples, columns: Tensor2D, m: number): LoadedRows {
  const [n, d] = x.shape as [number, number];
  const chunks: Chunk[] = [];
  for (let from = 0; from < n; from += chunkRows) {
    const to = Math.min(n, from + chunkRows);
    const rows = tf.tensor2d(new Float32Array(rowsOf(x, from, to).data), [to - from, d]);
    const active = tf.tidy(() => tf.relu(tf.matMul<Tensor2D>(rows, columns)));
    chunks.push({ from, to, x: rows, active });
  }
  const coefficients = (c: Float64Array, { from, to }: Chunk): Float32Array =>
    new Float32Array(c.subarray(from, to));

  /** Adds up a tensor of each chunk. */
  const sum = async (size: number, part: (chunk: Chunk) => Tensor): Promise<Float64Array> => {
    const total = new Float64Array(size);
    for (const chunk of chunks) {
      const tensor = tf.tidy(() => part(chunk));
      const values = await tensor.data();
      tensor.dispose();
      for (let i = 0; i < size; i++) total[i]! += values[i]!;
    }
    return total;
  };
  const moments = (c: Float64Array, gate: (active: Tensor2D) => Tensor2D): Promise<Float64Array> =>
    sum(m * d, (chunk) => {
      const weighted = tf.mul(chunk.x, tf.tensor2d(coefficients(c, chunk), [chunk.to - chunk.from, 1]));
      return tf.matMul(tf.transpose(gate(chunk.active)), weighted);
    });
  return {
    activationSum: (c) =>
      sum(m, (chunk) =>
        tf.matMul(tf.tensor2d(coefficients(c, chunk), [1, chunk.to - chunk.from]), chunk.active),
      ),
    async outputs(a) {
      const g = new Float64Array(n);
      for (const { from, active } of chunks) {
        const tensor = tf.tidy(() => tf.matMul(active, tf.tensor2d(new Float32Array(a), [m, 1])));
        g.set(await tensor.data(), from);
        tensor.dispose();
      }
      return g;
    },
    gateMoments: (c) => moments(c, (active) => tf.step(active, 0)),
    activationMoments: (c) => moments(c, (active) => active),
    dispose: () => {
      for (const { x: rows, active } of chunks) tf.dispose([rows, active]);
    },
  };
}
