import { expand, reshape, transpose, transposed } from './arrange';
import { splatOf } from './graph';
import type { Graph, Value } from './types';

/** Entries at fixed places along an axis, in the layout of the source. */
export function take(g: Graph, x: Value, axis: number, places: readonly number[]): Value {
  if (places.length === x.shape[axis] && places.every((place, i) => place === i)) return x;
  const shape = x.shape.map((size, i) => (i === axis ? places.length : size));
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, { shape, dtype: x.dtype });
  const under = transposed(x);
  if (under) return transpose(g, take(g, under.source, under.perm[axis]!, places), under.perm);
  const copies = places.length / x.shape[axis]!;
  // Every entry some times in a row is a broadcast, whose gradient is a sum.
  if (Number.isInteger(copies) && places.every((place, i) => place === Math.floor(i / copies))) {
    const [before, after] = [x.shape.slice(0, axis + 1), x.shape.slice(axis + 1)];
    return reshape(
      g,
      expand(g, reshape(g, x, [...before, 1, ...after]), [...before, copies, ...after]),
      shape,
    );
  }
  const list = g.constant(Int32Array.from(places), { shape: [places.length], dtype: 'int32' });
  return g.op('Gather', [x, list], { shape, dtype: x.dtype }, { attributes: { axis } });
}
