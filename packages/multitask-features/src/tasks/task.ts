import { LabError } from '@lab/tensor-core/errors';
import { normal64, permutation, uniform64, type Key } from '@lab/tensor-core/random';

/** A binary label as a function of the r hidden features. */
export interface Task {
  readonly name: string;
  /** -1 or 1. */
  label(z: ArrayLike<number>): number;
  /** First Hermite moment h = E[f(z) z], where it has a closed form, [r]. */
  readonly moment?: Float64Array;
}

/** sign(0) is +1. */
export const sign = (value: number): number => (value >= 0 ? 1 : -1);

/** f(z) = sign(v . z), v uniform on the sphere unless given; h = sqrt(2 / pi) v. */
export function signLinear(
  key: Key,
  { rank, direction }: { readonly rank: number; readonly direction?: ArrayLike<number> },
): Task {
  const drawn = Float64Array.from(direction ?? normal64(key, rank));
  const length = Math.hypot(...drawn);
  const v = drawn.map((entry) => entry / length);
  return {
    name: 'signLinear',
    label: (z) => sign(v.reduce((sum, entry, i) => sum + entry * z[i]!, 0)),
    moment: v.map((entry) => Math.sqrt(2 / Math.PI) * entry),
  };
}

/** Number of the orthant that z lies in: sum of 2^i over the coordinates that are not negative. */
export function orthant(z: ArrayLike<number>): number {
  let pattern = 0;
  for (let i = 0; i < z.length; i++) if (z[i]! >= 0) pattern += 2 ** i;
  return pattern;
}

/** h = sqrt(2 / pi) 2^-r sum over orthants s of F(s) s. */
function booleanMoment(table: ArrayLike<number>, rank: number): Float64Array {
  return Float64Array.from({ length: rank }, (_, i) => {
    let sum = 0;
    for (let s = 0; s < table.length; s++) sum += table[s]! * ((s >> i) & 1 ? 1 : -1);
    return (Math.sqrt(2 / Math.PI) * sum) / table.length;
  });
}

/** Any table of one label for each of the 2^r orthants. */
export function booleanTable(
  table: ArrayLike<number>,
  { name = 'booleanTable' }: { readonly name?: string } = {},
): Task {
  const labels = Float64Array.from(table);
  const rank = Math.log2(labels.length);
  if (!Number.isInteger(rank) || !labels.every((label) => Math.abs(label) === 1))
    throw new LabError('argument', 'booleanTable: a table has 2^r labels -1 or 1', {
      argument: 'table',
      received: Array.from(labels),
    });
  return { name, label: (z) => labels[orthant(z)]!, moment: booleanMoment(labels, rank) };
}

/** A random function of the signs: exactly half of the orthants +1 (`balanced`), or independent coin flips (`uniform`). */
export function booleanSign(
  key: Key,
  { rank, labels = 'balanced' }: { readonly rank: number; readonly labels?: 'balanced' | 'uniform' },
): Task {
  const size = 2 ** rank;
  const table =
    labels === 'balanced'
      ? Float64Array.from(permutation(key, size), (place) => (place < size / 2 ? 1 : -1))
      : uniform64(key, size).map((u) => (u < 0.5 ? -1 : 1));
  return booleanTable(table, { name: `booleanSign ${labels}` });
}

/** The product of the signs of some coordinates; XOR for two. */
export function parity(coordinates: readonly number[]): Task {
  if (coordinates.length === 0)
    throw new LabError('argument', 'parity: of at least one coordinate', { argument: 'coordinates' });
  return {
    name: `parity of ${coordinates.join(', ')}`,
    label: (z) => coordinates.reduce((product, i) => product * sign(z[i]!), 1),
  };
}

/** The sign of any function of z. */
export function custom(fn: (z: ArrayLike<number>) => number, { name = 'custom' } = {}): Task {
  return { name, label: (z) => sign(fn(z)) };
}

/** The sign of the odd part fn(z) - fn(-z): an odd task whatever fn is. */
export function odd(fn: (z: ArrayLike<number>) => number, { name = 'odd' } = {}): Task {
  return custom((z) => fn(z) - fn(Array.from(z, (value) => -value)), { name });
}
