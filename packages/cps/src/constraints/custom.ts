import { LabError } from '@lab/tensor-core/errors';
import { makeConstraint, type ConstraintBase } from './constraint';

export interface CustomOptions {
  /** A smooth function of one raw series, flattened [L, K] row-major. Must not change its argument. */
  readonly value: (series: Float64Array) => number;
  /** Its gradient, [L K]. @default central differences */
  readonly gradient?: (series: Float64Array) => ArrayLike<number>;
  /** `equality` asks for value = 0, `inequality` for value <= 0. */
  readonly kind: 'equality' | 'inequality';
  /** True only if the set is convex (an inequality with a convex function). @default false */
  readonly convex?: boolean;
  readonly name?: string;
}

export interface CustomConstraint extends ConstraintBase<'custom'> {
  readonly value: (series: Float64Array) => number;
  readonly gradient?: (series: Float64Array) => ArrayLike<number>;
  readonly relation: 'equality' | 'inequality';
}

/**
 * A constraint of your own. Solved by the general method, to its tolerance or with an honest status; it has no JSON form.
 *
 * @example
 * const c = custom({ kind: 'inequality', value: (z) => z[0]! * z[0]! + z[1]! - 4 });
 */
export function custom({
  value,
  gradient,
  kind,
  convex = false,
  name = 'custom',
}: CustomOptions): CustomConstraint {
  if (typeof value !== 'function')
    throw new LabError('argument', 'custom: value is a function of one series', { argument: 'value' });
  return makeConstraint<CustomConstraint>({
    kind: 'custom',
    convex,
    name,
    value,
    relation: kind,
    gradient,
  });
}
