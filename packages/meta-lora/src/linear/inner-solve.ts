import { svd, symmetricEigen, type Array64 } from '@lab/tensor-core/linalg64';
import { outer, squared, symmetricPart, zeros } from './matrix';
import type { AdapterForm } from './targets';

export interface InnerSolution {
  /** U [outputs, rank]. */
  readonly up: Array64;
  /** V [inputs, rank]; U itself where the adapter is symmetric. */
  readonly down: Array64;
  /** The adapter U V^T. */
  readonly change: Array64;
  /** 1/2 ||S - U V^T||_F^2. */
  readonly loss: number;
}

/**
 * The best adapter for what is left of a task, S = A_t - A, in closed form (section 3.3): truncated eigenvalues for U U^T,
 * which can add a positive part only; truncated singular values for U V^T.
 *
 * @example
 * innerSolve(diagonal([3, 1, -4]), { rank: 1, adapter: 'asymmetric' }).loss; // 5
 */
export function innerSolve(
  residual: Array64,
  { rank, adapter }: { readonly rank: number; readonly adapter: AdapterForm },
): InnerSolution {
  const [up, down] = adapter === 'symmetric' ? symmetric(residual, rank) : asymmetric(residual, rank);
  const change = rank === 0 ? zeros(residual.shape) : outer(up, down);
  const left = { shape: residual.shape, data: residual.data.map((value, i) => value - change.data[i]!) };
  return { up, down, change, loss: 0.5 * squared(left) };
}

function symmetric(residual: Array64, rank: number): readonly [Array64, Array64] {
  const { values, vectors } = symmetricEigen(symmetricPart(residual));
  const d = values.length;
  const u = zeros([d, rank]);
  for (let column = 0; column < rank; column++) {
    const from = d - 1 - column;
    const root = Math.sqrt(Math.max(values[from]!, 0));
    for (let row = 0; row < d; row++) u.data[row * rank + column] = root * vectors.data[row * d + from]!;
  }
  return [u, u];
}

function asymmetric(residual: Array64, rank: number): readonly [Array64, Array64] {
  const { u, s, v } = svd(residual);
  const scaled = (vectors: Array64): Array64 => {
    const [rows, columns] = vectors.shape as [number, number];
    const taken = zeros([rows, rank]);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < rank; column++)
        taken.data[row * rank + column] = Math.sqrt(s[column]!) * vectors.data[row * columns + column]!;
    return taken;
  };
  return [scaled(u), scaled(v)];
}
