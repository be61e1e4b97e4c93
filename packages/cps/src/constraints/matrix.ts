import { LabError } from '@lab/tensor-core/errors';
import { makeConstraint, type ConstraintBase } from './constraint';

/** Rows over the flattened series [L, K] (entry = step K + channel), each a list of length L K. */
export type Matrix = readonly (readonly number[])[];
/** One number for each row, [m] for all samples or [B][m] with a list for each. */
export type RowBounds = readonly number[] | readonly (readonly number[])[];

export interface LinearConstraint extends ConstraintBase<'linear'> {
  /** [m][L K]. */
  readonly matrix: Matrix;
  readonly lower?: RowBounds;
  readonly upper?: RowBounds;
}

/** `lower <= G z <= upper` over the flattened series [L, K]. */
export function linear(
  matrix: Matrix,
  {
    lower,
    upper,
    name = 'linear',
  }: { readonly lower?: RowBounds; readonly upper?: RowBounds; readonly name?: string },
): LinearConstraint {
  if (matrix.flat().some((value) => !Number.isFinite(value)))
    throw new LabError('argument', `${name}: the matrix has entries that are not finite numbers`, {
      argument: 'matrix',
    });
  for (const side of [lower, upper]) {
    if (side === undefined) continue;
    const lists = isNested(side) ? side : [side];
    for (const list of lists)
      if (list.length !== matrix.length || list.some((value) => Number.isNaN(value)))
        throw new LabError('shape', `${name}: one bound for each row of the matrix`, {
          received: [list.length],
          expected: [matrix.length],
        });
  }
  return makeConstraint<LinearConstraint>({
    kind: 'linear',
    convex: true,
    name,
    matrix,
    lower,
    upper,
  });
}

/** `A z = b` over the flattened series [L, K]. */
export function equality(
  matrix: Matrix,
  values: RowBounds,
  { name = 'equality' }: { readonly name?: string } = {},
): LinearConstraint {
  return linear(matrix, { lower: values, upper: values, name });
}

/** `A z <= b` over the flattened series [L, K]. */
export function inequality(
  matrix: Matrix,
  upper: RowBounds,
  { name = 'inequality' }: { readonly name?: string } = {},
): LinearConstraint {
  return linear(matrix, { upper, name });
}

export function isNested(side: RowBounds): side is readonly (readonly number[])[] {
  return Array.isArray(side[0]);
}
