import { reshape, transpose, transposed } from './arrange';
import { cast } from './elementwise';
import { sizeOf, splatOf } from './graph';
import type { Graph, Value } from './types';

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

/** Reduces over axes, which fall away unless they are kept with length 1. */
export function reduce(g: Graph, op: Reduction, x: Value, axes: readonly number[], keepAxes = false): Value {
  const gone = new Set(axes);
  const kept = x.shape.map((size, axis) => (gone.has(axis) ? 1 : size));
  const shape = keepAxes ? kept : x.shape.filter((_, axis) => !gone.has(axis));
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  if (count === 1) return reshape(g, x, shape);
  const splat = splatOf(x);
  if (splat !== undefined && count > 0 && x.dtype === 'float32') {
    const value = op === 'ReduceSum' ? splat * count : op === 'ReduceProd' ? splat ** count : splat;
    return g.splat(Math.fround(value), { shape, dtype: x.dtype });
  }
  const under = transposed(x);
  if (under) {
    const { source, perm } = under;
    const inSource = reduce(
      g,
      op,
      source,
      axes.map((axis) => perm[axis]!),
      true,
    );
    return reshape(g, transpose(g, inSource, perm), shape);
  }
  const last = x.shape.length - 1;
  if (axes.length === 1 && axes[0] === last && last > 1 && sizeOf(x) > 0) {
    const rows = reshape(g, x, [sizeOf(x) / x.shape[last]!, x.shape[last]!]);
    return reshape(g, reduce(g, op, rows, [1], true), shape);
  }
  const sorted = [...axes].sort((a, b) => a - b);
  if (last > 1 && sizeOf(x) > 0 && sorted.join() === [...x.shape.keys()].slice(0, -1).join()) {
    const rows = reshape(g, x, [sizeOf(x) / x.shape[last]!, x.shape[last]!]);
    return reshape(g, reduce(g, op, rows, [0]), shape);
  }
  if (op === 'ReduceSum' && isColumnSum(x, sorted)) {
    const [rows, columns] = x.shape as [number, number];
    const ones = g.splat(1, { shape: [1, rows], dtype: x.dtype });
    return reshape(g, g.op('MatMul', [ones, x], { shape: [1, columns], dtype: x.dtype }), shape);
  }
  return g.op(
    op,
    [x, g.list(sorted)],
    { shape, dtype: x.dtype },
    { attributes: { keepdims: keepAxes ? 1 : 0 } },
  );
}

/** Columns of a large matrix: the runtime adds them on one thread, and a product with ones on all, in wider registers. */
function isColumnSum({ shape, dtype }: Value, axes: readonly number[]): boolean {
  const [rows = 0, columns = 0] = shape;
  return dtype === 'float32' && shape.length === 2 && axes.join() === '0' && rows >= 64 && columns >= 16;
}

/** For bool: whether any, or all, entries are true. */
export function reduceBool(
  g: Graph,
  kind: 'any' | 'all',
  x: Value,
  axes: readonly number[],
  keepAxes = false,
): Value {
  const op = kind === 'any' ? 'ReduceMax' : 'ReduceMin';
  if (sizeOf(x) === 0)
    return g.splat(kind === 'any' ? 0 : 1, { shape: reduce(g, op, x, axes, keepAxes).shape, dtype: 'bool' });
  return cast(g, reduce(g, op, cast(g, x, 'int32'), axes, keepAxes), 'bool');
}
