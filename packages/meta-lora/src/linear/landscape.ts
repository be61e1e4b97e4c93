import { LabError } from '@lab/tensor-core/errors';
import { matmul, rank as rankOf, symmetricEigen, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { eliminate } from './eliminated';
import { mean, outer, plus, squared, zeros } from './matrix';
import { checkTargets } from './targets';

export interface LandscapeReport {
  readonly label: 'global' | 'saddle' | 'spurious' | 'not stationary';
  readonly loss: number;
  /** Loss relative to that without adapters. */
  readonly relativeLoss: number;
  /** Norm of the gradient in the adapters. */
  readonly gradientNorm: number;
  /** Eigenvalues of the Hessian, smallest first. */
  readonly hessian: Float64Array;
  /** Directions that only rotate the factors, k (k - 1) / 2 a task of full rank: they are zero at every stationary point. */
  readonly rotations: number;
  readonly base: Array64;
}

/**
 * What kind of point symmetric adapters U_t [d, k] are at: gradient and Hessian of the objective with the base eliminated
 * (section 3.3). Labels: `global` below 1e-6 of the loss without adapters; else `saddle` when the least eigenvalue is below -1e-6
 * times the largest; else `spurious`, a local minimum that is not global.
 *
 * @throws LabError as `checkTargets`; `shape` when there is not one U_t [d, k] for each task
 */
export function landscapeReport(factors: readonly Array64[], targets: readonly Array64[]): LandscapeReport {
  const k = factors[0]?.shape[1] ?? 0;
  const { rows: d } = checkTargets(targets, { rank: k, adapter: 'symmetric' });
  if (factors.length !== targets.length || factors.some(({ shape }) => shape.join() !== [d, k].join()))
    throw new LabError('shape', 'landscapeReport: there is one factor [d, k] for each task', {
      argument: 'factors',
      expected: targets.map(() => [d, k]),
      received: factors.map(({ shape }) => shape),
    });
  const { loss, base, residuals } = eliminate(
    factors.map((up) => ({ up, down: up })),
    targets,
  );
  const both = residuals.map((each) => plus(each, transpose(each)));
  const gradient = both.map((each, t) => matmul(each, factors[t]!));
  const gradientNorm = Math.sqrt(gradient.reduce((sum, each) => sum + squared(each), 0));
  const { values: hessian } = symmetricEigen(hessianMatrix(factors, both, [d, k]));
  const none = zeros([d, 1]);
  const scale = eliminate(
    targets.map(() => ({ up: none, down: none })),
    targets,
  ).loss;
  const relativeLoss = scale === 0 ? 0 : loss / scale;
  const largest = Math.max(...hessian.map(Math.abs));
  const isSaddle = hessian[0]! < -1e-6 * largest;
  const stationary = gradientNorm < 1e-5 * Math.max(Math.sqrt(scale), 1e-300);
  return {
    label: relativeLoss < 1e-6 ? 'global' : !stationary ? 'not stationary' : isSaddle ? 'saddle' : 'spurious',
    loss,
    relativeLoss,
    gradientNorm,
    hessian,
    rotations: factors.reduce((sum, each) => sum + rotationsOf(each), 0),
    base,
  };
}

/** H Z_t = 2 (Q_t - Qbar) U_t + (R_t + R_t^T) Z_t with Q_t = Z_t U_t^T + U_t Z_t^T, for every unit direction Z. */
function hessianMatrix(
  factors: readonly Array64[],
  both: readonly Array64[],
  [d, k]: readonly [number, number],
): Array64 {
  const size = factors.length * d * k;
  const hessian = zeros([size, size]);
  for (let direction = 0; direction < size; direction++) {
    const unit = zeros([d, k]);
    const task = Math.floor(direction / (d * k));
    unit.data[direction % (d * k)] = 1;
    const crossed = outer(unit, factors[task]!);
    const own = plus(crossed, transpose(crossed));
    const changes = factors.map((_, t) => (t === task ? own : zeros([d, d])));
    const average = mean(changes);
    factors.forEach((factor, t) => {
      const row = matmul(plus(changes[t]!, average, -1), factor);
      const curved = t === task ? matmul(both[t]!, unit) : undefined;
      for (let i = 0; i < d * k; i++)
        hessian.data[direction * size + t * d * k + i] = 2 * row.data[i]! + (curved?.data[i] ?? 0);
    });
  }
  return { shape: hessian.shape, data: plus(hessian, transpose(hessian)).data.map((value) => value / 2) };
}

/** Antisymmetric W with U W != 0: those of a U of rank r among k columns. */
function rotationsOf(factor: Array64): number {
  const k = factor.shape[1]!;
  const r = rankOf(factor);
  return (k * (k - 1)) / 2 - ((k - r) * (k - r - 1)) / 2;
}
