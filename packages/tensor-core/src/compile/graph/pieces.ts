import { inverse, transpose, transposed } from './arrange';
import { cast } from './elementwise';
import { sameShape, splatOf } from './graph';
import type { Graph, Value } from './types';

/*
 * Cutting values and laying them together. Of a transposed value all this is done before the transpose, which so
 * waits on (see arrange.ts).
 */

type Width = readonly [before: number, after: number];

/** `x[begin, ..., begin + size]`. */
export function slice(g: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  return stridedSlice(
    g,
    x,
    size.map((count, axis) => ({ from: begin[axis]!, step: 1, count })),
  );
}

/** Along each axis `count` entries from one on, `step` apart; a negative step goes backwards. */
export function stridedSlice(
  g: Graph,
  x: Value,
  axes: readonly { readonly from: number; readonly step: number; readonly count: number }[],
): Value {
  const cut = axes.flatMap(({ from, step, count }, axis) =>
    count === x.shape[axis] && (count <= 1 || step === 1) && (count === 0 || from === 0) ? [] : [axis],
  );
  if (cut.length === 0) return x;
  const type = { shape: axes.map(({ count }) => count), dtype: x.dtype };
  const splat = splatOf(x);
  if (splat !== undefined || type.shape.includes(0)) return g.splat(splat ?? 0, type);
  const under = transposed(x);
  if (under) return transpose(g, stridedSlice(g, under.source, inSource(under.perm, axes)), under.perm);
  const of = (each: (axis: (typeof axes)[number]) => number): Value => g.list(cut.map((i) => each(axes[i]!)));
  // An end before the first entry is written as one that is out of range: -1 would be the last entry.
  const end = of(({ from, step, count }) => {
    const last = from + (count - 1) * step;
    return step > 0 ? last + 1 : last === 0 ? -(2 ** 31) : last - 1;
  });
  const inputs = [x, of(({ from }) => from), end, g.list(cut)];
  if (cut.some((i) => axes[i]!.step !== 1)) inputs.push(of(({ step }) => step));
  return g.op('Slice', inputs, type);
}

/** Turned round along axes. */
export function reverse(g: Graph, x: Value, axes: readonly number[]): Value {
  return stridedSlice(
    g,
    x,
    x.shape.map((count, axis) =>
      axes.includes(axis) ? { from: count - 1, step: -1, count } : { from: 0, step: 1, count },
    ),
  );
}

export function split(g: Graph, x: Value, sizes: readonly number[], axis: number): Value[] {
  if (sizes.length === 1) return [x];
  const under = transposed(x);
  if (under)
    return split(g, under.source, sizes, under.perm[axis]!).map((part) => transpose(g, part, under.perm));
  const types = sizes.map((size) => ({
    shape: x.shape.map((own, i) => (i === axis ? size : own)),
    dtype: x.dtype,
  }));
  const splat = splatOf(x);
  if (splat !== undefined) return types.map((type) => g.splat(splat, type));
  return [...g.ops('Split', [x, g.list(sizes)], types, { attributes: { axis } })];
}

export function concat(g: Graph, values: readonly Value[], axis: number): Value {
  const filled = values.filter(({ shape }) => shape[axis] !== 0);
  const all = filled.length === 0 ? values.slice(0, 1) : filled;
  const [first] = all as [Value];
  if (all.length === 1) return first;
  const perms = all.map((x) => transposed(x)?.perm);
  const perm = perms.find((each) => each !== undefined);
  // Numbers that are the same everywhere have any layout.
  if (perm && perms.every((each, i) => each?.join() === perm.join() || splatOf(all[i]!) !== undefined)) {
    const sources = all.map((x) => transposed(x)?.source ?? transpose(g, x, inverse(perm)));
    return transpose(g, concat(g, sources, perm[axis]!), perm);
  }
  const length = all.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = first.shape.map((own, i) => (i === axis ? length : own));
  const splat = splatOf(first);
  if (splat !== undefined && all.every((x) => Object.is(splatOf(x), splat)))
    return g.splat(splat, { shape, dtype: first.dtype });
  return g.op('Concat', all, { shape, dtype: first.dtype }, { attributes: { axis } });
}

/** Puts a number around a value; widths below zero cut off. */
export function pad(g: Graph, x: Value, widths: readonly Width[], value: number): Value {
  if (widths.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((size, axis) => size + widths[axis]![0] + widths[axis]![1]);
  const splat = splatOf(x);
  if (splat !== undefined && Object.is(splat, value)) return g.splat(value, { shape, dtype: x.dtype });
  const under = transposed(x);
  if (under) return transpose(g, pad(g, under.source, inSource(under.perm, widths), value), under.perm);
  // The runtime's operator does not know all types.
  if (x.dtype === 'bool') return cast(g, pad(g, cast(g, x, 'int32'), widths, value), 'bool');
  const list = g.list([...widths.map(([before]) => before), ...widths.map(([, after]) => after)]);
  const fill = g.splat(value, { shape: [], dtype: x.dtype });
  return g.op('Pad', [x, list, fill], { shape, dtype: x.dtype });
}

/** Places along an axis from `start` on, with zeros where there are none. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** The part of the last axes of a value that spans of them show. */
export function view(g: Graph, x: Value, spans: readonly Span[]): Value {
  const rank = x.shape.length;
  const kept = rank - spans.length;
  const shape = [...x.shape.slice(0, kept), ...spans.map(({ length }) => length)];
  const isEmpty = spans.some(({ start, length }, i) => start >= x.shape[kept + i]! || start + length <= 0);
  if (isEmpty) return g.splat(0, { shape, dtype: x.dtype });
  const widths = x.shape.map((size, axis): Width => {
    const span = spans[axis - kept];
    return span ? [-span.start, span.start + span.length - size] : [0, 0];
  });
  return sameShape(shape, x.shape) && widths.every(([before]) => before === 0) ? x : pad(g, x, widths, 0);
}

/** What belongs to the axes of a transposed value, in the order of its source's axes. */
function inSource<T>(perm: readonly number[], ofAxes: readonly T[]): T[] {
  return inverse(perm).map((axis) => ofAxes[axis]!);
}
