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

/** Entries that are gone through at a time, so that a block of rows stays in the processor's cache. */
const stretch = 1024;

/**
 * Inner products of the rows of `a` [m, size] with those of `b` [n, size]: [m, n]. Two rows with two at a time, since
 * reading is what costs; the same block twice gives a symmetric matrix, of which half is computed.
 */
export function innerProducts(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const m = a.length / size;
  const n = b.length / size;
  const found = new Float64Array(m * n);
  for (let start = 0; start < size; start += stretch) {
    const end = Math.min(size, start + stretch);
    for (let i = 0; i < m; i += 2)
      for (let j = a === b ? i : 0; j < n; j += 2) {
        const i1 = Math.min(i + 1, m - 1);
        const j1 = Math.min(j + 1, n - 1);
        const p = i * size;
        const q = i1 * size;
        const r = j * size;
        const s = j1 * size;
        let pr = 0;
        let ps = 0;
        let qr = 0;
        let qs = 0;
        for (let k = start; k < end; k++) {
          const ap = a[p + k]!;
          const aq = a[q + k]!;
          const br = b[r + k]!;
          const bs = b[s + k]!;
          pr += ap * br;
          ps += ap * bs;
          qr += aq * br;
          qs += aq * bs;
        }
        found[i * n + j]! += pr;
        if (j1 > j) found[i * n + j1]! += ps;
        if (i1 > i) found[i1 * n + j]! += qr;
        if (i1 > i && j1 > j) found[i1 * n + j1]! += qs;
      }
  }
  if (a === b) for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) found[i * n + j] = found[j * n + i]!;
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
