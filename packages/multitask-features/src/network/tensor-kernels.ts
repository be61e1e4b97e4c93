import { tf, type Tensor, type Tensor2D } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { rowsOf, type Samples } from '../data/samples';
import { chunkRows, type Kernels, type LoadedRows } from './kernels';
import { eagerOps, type TensorOps } from './tensor-ops';

interface Chunk {
  readonly from: number;
  readonly to: number;
  /** Rows with the zero ones that fill it up. */
  readonly rows: number;
  readonly x: Tensor2D;
  readonly active: Tensor2D;
}

/** Single precision on the started engine; sums of chunks are added in double precision. */
export function tensorKernels(weights: Array64, ops: TensorOps = eagerOps): Kernels {
  const [m, d] = weights.shape as [number, number];
  // [d, m]: a transposed product would leave the fast path of the WebAssembly engine
  const columns = tf.tidy(() => tf.transpose(tf.tensor2d(new Float32Array(weights.data), [m, d])));
  return { load: (x) => loadRows(x, { columns, m, ops }), dispose: () => columns.dispose() };
}

function loadRows(
  x: Samples,
  { columns, m, ops }: { readonly columns: Tensor2D; readonly m: number; readonly ops: TensorOps },
): LoadedRows {
  const [n, d] = x.shape as [number, number];
  const chunks: Chunk[] = [];
  for (let from = 0; from < n; from += chunkRows) {
    const to = Math.min(n, from + chunkRows);
    const rows = Math.ceil((to - from) / ops.rowStep) * ops.rowStep;
    const numbers = new Float32Array(rows * d);
    numbers.set(rowsOf(x, from, to).data);
    const table = tf.tensor2d(numbers, [rows, d]);
    chunks.push({ from, to, rows, x: table, active: ops.activations(table, columns) });
  }
  const coefficients = (c: Float64Array, { from, to, rows }: Chunk): Float32Array => {
    const numbers = new Float32Array(rows);
    numbers.set(c.subarray(from, to));
    return numbers;
  };

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
  const moments = (c: Float64Array, of: TensorOps['gateMoments']): Promise<Float64Array> =>
    sum(m * d, (chunk) => of(chunk.x, chunk.active, tf.tensor2d(coefficients(c, chunk), [chunk.rows, 1])));
  return {
    activationSum: (c) =>
      sum(m, (chunk) => tf.matMul(tf.tensor2d(coefficients(c, chunk), [1, chunk.rows]), chunk.active)),
    async outputs(a) {
      const g = new Float64Array(n);
      for (const { from, to, active } of chunks) {
        const tensor = tf.tidy(() => tf.matMul(active, tf.tensor2d(new Float32Array(a), [m, 1])));
        g.set((await tensor.data()).subarray(0, to - from), from);
        tensor.dispose();
      }
      return g;
    },
    gateMoments: (c) => moments(c, ops.gateMoments),
    activationMoments: (c) => moments(c, ops.activationMoments),
    dispose: () => {
      for (const { x: rows, active } of chunks) tf.dispose([rows, active]);
    },
  };
}
