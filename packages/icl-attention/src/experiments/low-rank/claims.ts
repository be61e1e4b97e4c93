import { claim, type Claim } from '@lab/experiment';
import type { MeanLoss } from '../../pretrain';

export interface LowRankMeasured {
  readonly family: string;
  readonly law: string;
  readonly kind: string;
  /** rho(M, B). */
  readonly error: number;
  /** rho(M, B) after 100 steps. */
  readonly early: number;
  readonly energy: number;
  /** Absolute eigenvalues of M in the subspace, larger first. */
  readonly inside: readonly [number, number];
}

/** Losses by the entry of M outside the subspace. */
export interface Outside {
  readonly name: string;
  readonly values: readonly number[];
  readonly losses: readonly MeanLoss[];
}

export function claimsOf({
  rows,
  errors,
  grids,
}: {
  rows: readonly LowRankMeasured[];
  errors: { learned: number; isotropic: number; linear: number };
  grids: readonly Outside[];
}): Claim[] {
  const product = rows.filter(({ law, kind }) => law === 'product of spheres' && kind === 'softmax');
  const affine = rows.find(({ law, kind }) => law === 'sphere' && kind === 'softmax')!;
  const even = rows.filter(
    ({ law, kind, family }) => law === 'sphere' && kind === 'softmax' && family !== 'affine',
  );
  const linear = rows.find(({ kind }) => kind === 'linear')!;
  const list = (of: readonly LowRankMeasured[], value: (row: LowRankMeasured) => number): string =>
    of.map((row) => `${row.family} ${value(row).toFixed(4)}`).join(', ');
  const even2 = grids.slice(0, 2);
  const minimum = ({ values, losses }: Outside): number =>
    values[losses.findIndex(({ mean }) => mean === Math.min(...losses.map((each) => each.mean)))]!;
  return [
    claim({
      id: 'energy-in-the-subspace',
      statement: "The learned matrix's energy lies in the subspace that the tasks vary in",
      paper: 'M proportional to B B^T (low-rank theorem and figure, as recalled)',
      measured: `share of the energy in the subspace, which begins at 1/3: ${list(product, ({ energy }) => energy)}; rho: ${list(product, ({ error }) => error)}; after 100 steps: ${list(product, ({ early }) => early)}`,
      criterion:
        'energy at least 0.99, rho at most 0.05 after 100 steps and 0.01 after all of them, for linear, quadratic and cosine tasks on the product of spheres',
      holds:
        product.length === 3 &&
        product.every(({ energy, error, early }) => energy >= 0.99 && early <= 0.05 && error <= 0.01),
    }),
    claim({
      id: 'even-inside',
      statement: 'Inside the subspace the matrix is a multiple of the identity',
      paper: 'M proportional to B B^T (as recalled)',
      measured: `larger over smaller eigenvalue: ${list(product, ({ inside }) => inside[0] / inside[1])}`,
      criterion: 'at most 1.02',
      holds: product.every(({ inside }) => inside[0] / inside[1] <= 1.02),
    }),
    claim({
      id: 'projection-pays',
      statement: 'Knowing the direction is worth more than any window',
      paper: 'lower test error on low-rank tasks (figure)',
      measured: `affine tasks on the sphere: learned ${errors.learned.toFixed(4)}, best isotropic window ${errors.isotropic.toFixed(4)}, linear attention ${errors.linear.toFixed(4)}`,
      criterion:
        'error at most half of that of the best isotropic window, and a tenth of that of linear attention',
      holds: errors.learned <= errors.isotropic / 2 && errors.learned <= errors.linear / 10,
    }),
    claim({
      id: 'linear-learns-less-direction',
      statement: 'Linear attention does not project as well',
      paper: 'rho small for softmax attention, not for linear (figure)',
      measured: `rho on affine tasks on the sphere: softmax ${affine.error.toFixed(3)}, linear ${linear.error.toFixed(3)}`,
      criterion: 'rho of linear attention above that of softmax attention, which is at most 0.2',
      holds: affine.error <= 0.2 && linear.error > affine.error,
    }),
    claim({
      id: 'minimum-at-projection',
      statement:
        'On the product of spheres the loss is even in the part outside the subspace and least without it',
      paper: 'not reported; derived',
      measured: even2
        .map(
          (grid) =>
            `${grid.name}: least at c2 = ${minimum(grid)}, greatest asymmetry ${asymmetry(grid).toFixed(1)} standard errors`,
        )
        .join('; '),
      criterion: 'least at c2 = 0; losses at c2 and -c2 within 4 standard errors of their paired difference',
      holds: even2.every((grid) => minimum(grid) === 0 && asymmetry(grid) <= 4),
    }),
    claim({
      id: 'sphere-is-different',
      statement:
        'On the full sphere a part outside the subspace is optimal for even families: the projection result needs inputs whose in-span length is constant',
      paper: 'stated without this condition, as recalled; a departure',
      measured: `rho: ${list(even, ({ error }) => error)}; least loss at c2: ${grids
        .slice(2)
        .map((grid) => `${grid.name} ${minimum(grid)}`)
        .join(', ')}`,
      criterion:
        'rho above 0.3 for quadratic and cosine tasks; loss least at c2 = 0 for affine tasks, at 4 or more for cosine tasks',
      holds:
        even.every(({ error }) => error > 0.3) &&
        Math.abs(minimum(grids[2]!)) <= 2 &&
        minimum(grids[3]!) >= 4,
    }),
  ];
}

/** The greatest |L(c) - L(-c)| in standard errors of the paired difference. */
function asymmetry({ values, losses }: Outside): number {
  let greatest = 0;
  values.forEach((value, i) => {
    const j = values.indexOf(-value);
    if (value <= 0 || j < 0) return;
    const differences = losses[i]!.each.map((each, b) => each - losses[j]!.each[b]!);
    const mean = differences.reduce((a, b) => a + b, 0) / differences.length;
    const square = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    const error = Math.sqrt(square / (differences.length - 1) / differences.length);
    greatest = Math.max(greatest, Math.abs(mean) / error);
  });
  return greatest;
}
