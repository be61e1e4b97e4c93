import { LabError } from '@lab/tensor-core/errors';
import type * as z from 'zod';
import { energy, l1Ball, l2Ball, simplex } from './balls';
import { all, anyOf } from './combine';
import { bounds, fixed } from './entries';
import { argmaxAt, argminAt, peak, trough } from './extremes';
import { mean, total } from './levels';
import { linear } from './matrix';
import { constraintSchema, type ConstraintJson } from './schema';
import { maxCurvature, maxStep, monotone, ohlc, returns, totalReturn } from './shapes';
import { autocorrelation, meanAbsoluteChange, spectralAmplitude, std, volatility } from './statistics';
import type { Constraint } from './union';

/** Every function that makes a constraint from one options object, by kind. */
const makers = {
  mean,
  total,
  bounds,
  fixed,
  argmax: argmaxAt,
  argmin: argminAt,
  peak,
  trough,
  monotone,
  maxStep,
  maxCurvature,
  returns,
  totalReturn,
  ohlc,
  simplex,
  l1Ball,
  l2Ball,
  energy,
  std,
  meanAbsoluteChange,
  autocorrelation,
  volatility,
  spectralAmplitude,
} as const;

/**
 * A constraint from its JSON form, or `all(...)` of a list of them. `JSON.stringify(constraint)` is the way back (not for `custom`).
 *
 * @throws LabError `format` naming the field at fault by its path, `argument` for values that the constraint refuses
 * @example
 * const set = constraintFromJSON([{ kind: 'mean', value: 3.2 }, { kind: 'bounds', lower: 0 }]);
 */
export function constraintFromJSON(json: unknown): Constraint {
  if (Array.isArray(json)) return all(...json.map((item, index) => fromOne(item, [index])));
  return fromOne(json, []);
}

function fromOne(json: unknown, path: readonly number[]): Constraint {
  const parsed = constraintSchema.safeParse(json);
  if (parsed.success) return build(parsed.data);
  throw new LabError('format', `constraints: ${describe(parsed.error, path)}`, {
    argument: [...path, ...(parsed.error.issues[0]?.path ?? [])].join('.'),
    expected: `kind is one of ${[...Object.keys(makers), 'linear', 'all', 'anyOf'].join(', ')}, with its own fields`,
  });
}

function describe(error: z.ZodError, path: readonly number[]): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => {
      const at = [...path, ...issue.path].join('.');
      return at === '' ? issue.message : `${at}: ${issue.message}`;
    })
    .join('; ');
}

function build(json: ConstraintJson): Constraint {
  switch (json.kind) {
    case 'all':
      return named(all(...json.constraints.map(build)), json.name);
    case 'anyOf':
      return named(anyOf(...json.constraints.map(build)), json.name);
    case 'linear': {
      const { matrix, lower, upper, name } = json;
      return linear(matrix, {
        ...(lower === undefined ? {} : { lower }),
        ...(upper === undefined ? {} : { upper }),
        ...(name === undefined ? {} : { name }),
      });
    }
    default: {
      // The schema of a kind has the fields of its function's options and no others, apart from these two.
      const { kind, convex: _, ...options } = json;
      return (makers[kind] as (options: unknown) => Constraint)(options);
    }
  }
}

function named(constraint: Constraint, name: string | undefined): Constraint {
  return name === undefined ? constraint : Object.freeze({ ...constraint, name });
}
