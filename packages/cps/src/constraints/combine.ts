import { LabError } from '@lab/tensor-core/errors';
import type { Constraint } from './union';
import { makeConstraint, type ConstraintBase } from './constraint';

export interface ConstraintSet extends ConstraintBase<'all'> {
  readonly constraints: readonly Constraint[];
}

/**
 * All of these at once. With nothing in it every series is allowed.
 *
 * @example
 * const set = all(mean({ value: 0 }), bounds({ lower: -2, upper: 2 }), argmaxAt({ at: 17 }));
 */
export function all(...constraints: readonly Constraint[]): ConstraintSet {
  return makeConstraint<ConstraintSet>({
    kind: 'all',
    convex: constraints.every((member) => member.convex),
    name: 'all',
    constraints: Object.freeze([...constraints]),
  });
}

export interface AnyOfConstraint extends ConstraintBase<'anyOf'> {
  readonly constraints: readonly Constraint[];
}

/** At least one of these (each may be an `all(...)`): the nearest member is taken. Not convex. */
export function anyOf(...constraints: readonly Constraint[]): AnyOfConstraint {
  if (constraints.length === 0)
    throw new LabError('argument', 'anyOf: there is nothing to choose from', { argument: 'constraints' });
  return makeConstraint<AnyOfConstraint>({
    kind: 'anyOf',
    convex: constraints.length === 1 && constraints[0]!.convex,
    name: `anyOf(${constraints.map((member) => member.name).join(' | ')})`,
    constraints: Object.freeze([...constraints]),
  });
}
