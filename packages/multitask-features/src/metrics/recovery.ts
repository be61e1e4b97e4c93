import { LabError } from '@lab/tensor-core/errors';
import { matmul, principalAngles as angles, svd, transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** Refuses a projection whose columns are not orthonormal to 1e-6. */
function checkProjection(m: Array64, where: string): void {
  const gram = matmul(transpose(m), m);
  const r = gram.shape[0]!;
  const worst = gram.data.reduce(
    (most, value, at) => Math.max(most, Math.abs(value - (at % (r + 1) === 0 ? 1 : 0))),
    0,
  );
  if (worst > 1e-6)
    throw new LabError('argument', `${where}: the columns of the projection are not orthonormal`, {
      argument: 'projection',
      received: `M^T M off the identity by ${worst.toPrecision(2)}`,
      hint: 'take qr(projection).q',
    });
}

/**
 * Share of the weights' energy in the span of the projection, ||W M||^2 / ||W||^2 in [0, 1]; r / d for random weights.
 * Energy alone is the wrong metric: one task has it near 1 and misses directions. See `directionConditioning`.
 *
 * @param weights W [m, d]
 * @param projection M [d, r] with orthonormal columns
 * @throws LabError `argument` when they are not
 */
export function subspaceEnergy(weights: Array64, projection: Array64): number {
  checkProjection(projection, 'subspaceEnergy');
  const inside = matmul(weights, projection).data.reduce((sum, value) => sum + value ** 2, 0);
  const whole = weights.data.reduce((sum, value) => sum + value ** 2, 0);
  return whole === 0 ? 0 : inside / whole;
}

/** Singular values of W M, largest first [r]: how strongly each direction of the span was learnt. */
export function directionStrengths(weights: Array64, projection: Array64): Float64Array {
  checkProjection(projection, 'directionStrengths');
  return svd(matmul(weights, projection)).s;
}

/** sigma_r / sigma_1 of W M in [0, 1]: 0 when a direction is missing. */
export function directionConditioning(weights: Array64, projection: Array64): number {
  const s = directionStrengths(weights, projection);
  return s.length < projection.shape[1]! || s[0] === 0 ? 0 : s.at(-1)! / s[0]!;
}

/**
 * Angles in radians between the span of `projection` [d, r] and that of the top `rank` right singular vectors of the
 * weights [m, d], smallest first.
 */
export function recoveryAngles(
  weights: Array64,
  projection: Array64,
  { rank = projection.shape[1]! }: { /** @default r */ readonly rank?: number } = {},
): Float64Array {
  return angles(topDirections(weights, rank), projection);
}

/** The top right singular vectors of W in the columns [d, rank]. */
export function topDirections(weights: Array64, rank: number): Array64 {
  return leadingColumns(svd(weights).v, rank);
}

/** @throws LabError `argument` when there are not as many columns */
export function leadingColumns({ shape, data }: Array64, count: number): Array64 {
  const [rows, columns] = shape as [number, number];
  if (!(Number.isInteger(count) && count >= 1 && count <= columns))
    throw new LabError('argument', 'more directions are asked for than there are', {
      argument: 'rank',
      received: count,
      expected: `1 to ${columns}`,
    });
  const leading = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) leading.set(data.subarray(i * columns, i * columns + count), i * count);
  return { shape: [rows, count], data: leading };
}
