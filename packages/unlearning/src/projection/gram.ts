import { LabError } from '@lab/tensor-core/errors';

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

/** Inner products of the rows of `a` [m, size] with those of `b` [n, size], four sums at a time: [m, n]. */
export function innerProducts(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const [m, n] = [a.length / size, b.length / size];
  const found = new Float64Array(m * n);
  for (let i = 0; i < m; i += 2)
    for (let j = 0; j < n; j += 2) {
      const [p, q] = [i * size, Math.min(i + 1, m - 1) * size];
      const [r, s] = [j * size, Math.min(j + 1, n - 1) * size];
      let [pr, ps, qr, qs] = [0, 0, 0, 0];
      for (let k = 0; k < size; k++) {
        const [ap, aq, br, bs] = [a[p + k]!, a[q + k]!, b[r + k]!, b[s + k]!];
        pr += ap * br;
        ps += ap * bs;
        qr += aq * br;
        qs += aq * bs;
      }
      found[i * n + j] = pr;
      if (j + 1 < n) found[i * n + j + 1] = ps;
      if (i + 1 < m) found[(i + 1) * n + j] = qr;
      if (i + 1 < m && j + 1 < n) found[(i + 1) * n + j + 1] = qs;
    }
  return found;
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
      const products = innerProducts(block, right, size);
      const n = right.length / size;
      products.forEach((value, at) => {
        const [i, j] = [from + Math.floor(at / n), other + (at % n)];
        gram[i * count + j] = value;
        gram[j * count + i] = value;
      });
    }
  });
  return gram;
}
