import { LabError } from '@lab/tensor-core/errors';
import { gram as gramOf, matmulTransposed } from '@lab/tensor-core/linalg64';

/**
 * Rows of a wide matrix that are made on demand: row i is the gradient of one output of one sample. Asking twice gives
 * the same rows.
 */
export interface RowSource {
  readonly count: number;
  /** Entries of a row. */
  readonly size: number;
  /** Rows `from` to `to - 1`, one after another [to - from, size]. */
  block(from: number, to: number): Float64Array | Promise<Float64Array>;
}

/** A source over rows that are in memory already. */
export function rowsInMemory(rows: Float64Array, size: number): RowSource {
  return {
    count: size === 0 ? 0 : rows.length / size,
    size,
    block: (from, to) => rows.subarray(from * size, to * size),
  };
}

/** Rows that fit into memory at a time: two blocks are held, 8 bytes an entry. */
export function rowsPerBlock({ count, size }: RowSource, memoryLimit: number): number {
  const all = Math.max(count, 1);
  if (8 * all * size <= memoryLimit) return all;
  const rows = Math.floor(memoryLimit / (16 * size));
  if (rows >= 1) return rows;
  throw new LabError('argument', 'the memory limit does not hold two rows of gradients', {
    argument: 'memoryLimit',
    expected: `at least ${16 * size} bytes`,
    received: memoryLimit,
    hint: 'raise it, take fewer parameters with `trainable`, or project with the matrix-free solver',
  });
}

/** Blocks of a source in turn. */
export async function eachBlock(
  source: RowSource,
  rows: number,
  use: (block: Float64Array, from: number) => void | Promise<void>,
): Promise<void> {
  for (let from = 0; from < source.count; from += rows)
    await use(await source.block(from, Math.min(source.count, from + rows)), from);
}

/** K = G G^T in float64 [count, count], with at most two blocks of rows in memory. */
export async function gramMatrix(source: RowSource, rows: number): Promise<Float64Array> {
  const { count, size } = source;
  const gram = new Float64Array(count * count);
  await eachBlock(source, rows, async (block, from) => {
    for (let other = 0; other <= from; other += rows) {
      const right = other === from ? block : await source.block(other, Math.min(count, other + rows));
      const n = right.length / size;
      const left = { shape: [block.length / size, size], data: block };
      const { data: products } =
        right === block ? gramOf(left) : matmulTransposed(left, { shape: [n, size], data: right });
      products.forEach((value, at) => {
        const [i, j] = [from + Math.floor(at / n), other + (at % n)];
        gram[i * count + j] = value;
        gram[j * count + i] = value;
      });
    }
  });
  return gram;
}
