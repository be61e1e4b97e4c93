import { LabError } from '@lab/tensor-core/errors';
import { symmetricEigen } from '@lab/tensor-core/linalg64';
import { subtractRows, timesVector } from './products';
import { eachBlock, gramMatrix, rowsInMemory, rowsPerBlock, type RowSource } from './gram';

export interface ProjectOptions {
  /**
   * Eigenvalues of the Gram matrix of the normalised rows up to this times the largest count as zero; 1e-12 drops
   * singular values below a millionth of the largest.
   *
   * @default 1e-12
   */
  readonly relTol?: number | undefined;
  /**
   * Bytes for rows of gradients. 8 N d bytes hold all N rows of d parameters; with less, blocks of
   * floor(limit / (16 d)) rows are held two at a time and made anew, at b (b + 1) / 2 + 4 b blocks made for b blocks.
   * Beside them N^2 numbers for the Gram matrix.
   *
   * @default 1 GiB
   */
  readonly memoryLimit?: number | undefined;
  /** Whether there may be no row, or none that is not zero: then all of theta is orthogonal. @default false */
  readonly allowEmpty?: boolean | undefined;
}

export interface Projected {
  /** The component orthogonal to all rows [size]. */
  readonly perp: Float64Array;
  /** Numerical rank of the rows. */
  readonly rank: number;
  /** Singular values of the normalised rows, largest first, those that were dropped included. */
  readonly singularValues: Float64Array;
}

export const defaultMemoryLimit = 2 ** 30;

/**
 * The component of `theta` orthogonal to the rows of G: theta - G^T (G G^T)^+ G theta, by the eigendecomposition of the
 * Gram matrix in float64, which reveals the rank. Rows are brought to length 1 first, so that neither their scale nor
 * repetitions nor zero rows change the result; a second pass takes off what rounding left.
 *
 * @param theta [size]
 * @throws LabError `numeric` naming the entry that is not finite, `argument` when the memory limit is too small, or when
 * there is no row to be orthogonal to and `allowEmpty` is off
 * @example
 * const { perp, rank } = await projectOut(theta, rowsInMemory(gradients, theta.length));
 */
export async function projectOut(
  theta: Float64Array,
  given: RowSource,
  { relTol = 1e-12, memoryLimit = defaultMemoryLimit, allowEmpty = false }: ProjectOptions = {},
): Promise<Projected> {
  assertFinite(theta, 'theta');
  if (given.size !== theta.length)
    throw new LabError('shape', 'projectOut: rows and parameters differ in size', {
      received: given.size,
      expected: theta.length,
    });
  const { count } = given;
  if (count === 0 && !allowEmpty) throw nothingToKeep('there are no rows');
  if (count === 0) return { perp: theta.slice(), rank: 0, singularValues: new Float64Array(0) };
  const rows = rowsPerBlock(given, memoryLimit);
  const source = rows < count ? given : rowsInMemory(await given.block(0, count), given.size);
  const gram = await gramMatrix(source, rows);
  const lengths = Float64Array.from({ length: count }, (_, i) => Math.sqrt(gram[i * count + i]!));
  const broken = lengths.findIndex((length) => !Number.isFinite(length));
  if (broken >= 0)
    throw new LabError('numeric', `projectOut: row ${broken} of the gradients is not finite`, {
      argument: 'rows',
      received: String(lengths[broken]),
    });
  if (!allowEmpty && lengths.every((length) => length === 0)) throw nothingToKeep('all rows are zero');
  const scale = lengths.map((length) => (length > 0 ? 1 / length : 0));
  const { values, vectors } = symmetricEigen({
    shape: [count, count],
    data: gram.map((value, at) => value * scale[Math.floor(at / count)]! * scale[at % count]!),
  });
  const largest = Math.max(values[count - 1]!, 0);
  const kept = Array.from(values.keys()).filter((j) => values[j]! > relTol * largest);

  /** (normalised Gram)^+ applied to the scaled products. */
  const coefficients = (products: Float64Array): Float64Array => {
    const result = new Float64Array(count);
    for (const j of kept) {
      let along = 0;
      for (let i = 0; i < count; i++) along += vectors.data[i * count + j]! * products[i]! * scale[i]!;
      for (let i = 0; i < count; i++) result[i]! += (vectors.data[i * count + j]! * along) / values[j]!;
    }
    return result.map((value, i) => value * scale[i]!);
  };

  const perp = theta.slice();
  for (let pass = 0; pass < 2; pass++) {
    const products = new Float64Array(count);
    await eachBlock(source, rows, (block, from) => products.set(timesVector(block, perp), from));
    const c = coefficients(products);
    await eachBlock(source, rows, (block, from) => subtractRows(perp, block, c.subarray(from)));
  }
  return {
    perp,
    rank: kept.length,
    singularValues: Float64Array.from(values, (value) => Math.sqrt(Math.max(value, 0))).reverse(),
  };
}

const nothingToKeep = (received: string): LabError =>
  new LabError('argument', 'projectOut: no gradient says what is to be kept', {
    argument: 'rows',
    received,
    expected: 'at least one row that is not zero',
    hint: 'all parameters would count as orthogonal; look for units that are dead, or set allowEmpty',
  });

export function assertFinite(values: Float64Array, argument: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new LabError('numeric', `${argument} has a number that is not finite`, {
      argument,
      received: `${String(values[at])} at ${at}`,
    });
}
