import { madeBy, sameShape, sizeOf, splatOf } from './graph';
import type { Graph, Value } from './types';

/*
 * Transposes wait. A transposed value is the node Transpose(source), and whatever can be computed in the source's
 * layout is, with the transpose moved behind it, where it meets its inverse or nobody who needs it. So a net of
 * convolutions (channels first in the runtime, last in TensorFlow.js) stays in one layout from end to end.
 */

/** The axes of the result, in the order of the source's: `result axis i is source axis perm[i]`. */
export function transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, { shape, dtype: x.dtype });
  // Moving axes of length 1 moves no data.
  if (isOrdered(perm.filter((axis) => x.shape[axis] !== 1))) return reshape(g, x, shape);
  const copied = expanded(x);
  if (copied) return expand(g, transpose(g, padded(g, copied, x.shape.length), perm), shape);
  const under = transposed(x);
  if (under)
    return transpose(
      g,
      under.source,
      perm.map((axis) => under.perm[axis]!),
    );
  return g.op('Transpose', [x], { shape, dtype: x.dtype }, { attributes: { perm: [...perm] } });
}

/** What a transposed value is the transpose of. */
export function transposed(
  x: Value,
): { readonly source: Value; readonly perm: readonly number[] } | undefined {
  const node = madeBy(x, 'Transpose');
  return node && { source: node.inputs[0]!, perm: node.attributes['perm'] as readonly number[] };
}

export function inverse(perm: readonly number[]): number[] {
  return perm.map((_, i) => perm.indexOf(i));
}

export function reshape(g: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, { shape, dtype: x.dtype });
  if (x.source.kind === 'constant') return g.constant(x.source.data, { shape, dtype: x.dtype });
  const before = madeBy(x, 'Reshape')?.inputs[0];
  if (before) return reshape(g, before, shape);
  const moved = reshapeBehind(g, x, shape);
  return moved ?? g.op('Reshape', [x, g.list(shape)], { shape, dtype: x.dtype });
}

/** The transpose of a reshape that is the reshape of a transpose, where axes that are split or merged stay together. */
function reshapeBehind(g: Graph, x: Value, shape: readonly number[]): Value | undefined {
  const under = transposed(x);
  const groups = under && axisGroups(x.shape, shape);
  if (!under || !groups) return undefined;
  const { perm, source } = under;
  const order = groups
    .map((group, i) => ({ ...group, i, axes: perm.slice(...group.from) }))
    .filter(({ axes }) => axes.length > 0);
  for (const { axes } of order)
    if (axes.some((axis, i) => i > 0 && axis !== axes[i - 1]! + 1)) return undefined;
  const inSource = [...order].sort((a, b) => a.axes[0]! - b.axes[0]!);
  const first = reshape(
    g,
    source,
    inSource.flatMap(({ to }) => shape.slice(...to)),
  );
  const starts = new Map<number, number>();
  let at = 0;
  for (const { i, to } of inSource) {
    starts.set(i, at);
    at += to[1] - to[0];
  }
  return transpose(
    g,
    first,
    order.flatMap(({ i, to: [begin, end] }) =>
      Array.from({ length: end - begin }, (_, k) => starts.get(i)! + k),
    ),
  );
}

type Span = [begin: number, end: number];

/** The shortest runs of axes of both shapes that have the same size; undefined where an axis of length 1 stands alone. */
function axisGroups(from: readonly number[], to: readonly number[]): { from: Span; to: Span }[] | undefined {
  const groups: { from: Span; to: Span }[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [begin, first] = [i, j];
    let [left, right] = [from[i++] ?? 0, to[j++] ?? 0];
    while (left !== right) {
      if (left < right) {
        if (i >= from.length) return undefined;
        left *= from[i++]!;
      } else {
        if (j >= to.length) return undefined;
        right *= to[j++]!;
      }
    }
    if (left === 0) return undefined;
    groups.push({ from: [begin, i], to: [first, j] });
  }
  return groups;
}

/** A value broadcast to a shape, copies and all. */
export function expand(g: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const splat = splatOf(x);
  if (splat !== undefined) return g.splat(splat, { shape, dtype: x.dtype });
  if (sizeOf(x) === sizeOf({ shape })) return reshape(g, x, shape);
  return g.op('Expand', [expanded(x) ?? x, g.list(shape)], { shape, dtype: x.dtype });
}

/** What a value is copies of. */
export function expanded(x: Value): Value | undefined {
  return madeBy(x, 'Expand')?.inputs[0];
}

/** With leading axes of length 1 up to a rank. */
export function padded(g: Graph, x: Value, rank: number): Value {
  return reshape(g, x, [...Array.from({ length: rank - x.shape.length }, () => 1), ...x.shape]);
}

function isOrdered(axes: readonly number[]): boolean {
  return axes.every((axis, i) => i === 0 || axis > axes[i - 1]!);
}
