import { tf } from '../../tf';
import { inverse, reshape, transpose } from '../graph/arrange';
import { cast } from '../graph/elementwise';
import { sizeOf } from '../graph/graph';
import { reduce, reduceBool, type Reduction } from '../graph/reduce';
import type { Graph, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';

type X = { readonly x: Value };

interface ReduceAttrs {
  readonly axis?: number | number[];
  /** The name that `Max` has for it. */
  readonly reductionIndices?: number | number[];
  readonly keepDims: boolean;
}

/** Sums, means, extremes and products along axes, and what softmax makes of them. */
export function mapReductions(): void {
  const kinds: Record<string, Reduction> = {
    Sum: 'ReduceSum',
    Mean: 'ReduceMean',
    Max: 'ReduceMax',
    Min: 'ReduceMin',
    Prod: 'ReduceProd',
  };
  for (const [name, op] of Object.entries(kinds))
    mapKernel<X, ReduceAttrs>(name, ({ g, inputs: { x }, attrs }) => {
      const whole = x.dtype === 'bool' ? cast(g, x, 'int32') : x;
      const input = name === 'Mean' ? cast(g, whole, 'float32') : whole;
      return reduce(g, op, input, axesOf(attrs.axis ?? attrs.reductionIndices, x), attrs.keepDims);
    });
  mapKernel<X, ReduceAttrs>('Any', ({ g, inputs: { x }, attrs }) =>
    reduceBool(g, 'any', x, axesOf(attrs.axis, x), attrs.keepDims),
  );
  mapKernel<X, ReduceAttrs>('All', ({ g, inputs: { x }, attrs }) =>
    reduceBool(g, 'all', x, axesOf(attrs.axis, x), attrs.keepDims),
  );
  for (const name of ['ArgMax', 'ArgMin'])
    mapKernel<X, { axis: number }>(name, ({ g, inputs: { x }, attrs }) => {
      const [axis] = axesOf(attrs.axis, x) as [number];
      const shape = x.shape.filter((_, i) => i !== axis);
      const found = g.op(name, [x], { shape, dtype: 'int64' }, { attributes: { axis, keepdims: 0 } });
      return cast(g, found, 'int32');
    });
  mapKernel<{ logits: Value }, { dim: number }>('Softmax', ({ g, inputs: { logits }, attrs: { dim } }) =>
    alongLast(g, 'Softmax', logits, dim),
  );
  mapKernel<{ logits: Value }, { axis: number }>('LogSoftmax', ({ g, inputs: { logits }, attrs: { axis } }) =>
    alongLast(g, 'LogSoftmax', logits, axis),
  );
}

/** Softmax or its logarithm along an axis. */
export function alongLast(g: Graph, op: 'Softmax' | 'LogSoftmax', x: Value, dim: number): Value {
  const axis = dim < 0 ? dim + x.shape.length : dim;
  const last = x.shape.length - 1;
  if (axis === last) {
    if (last < 2 || sizeOf(x) === 0) return g.op(op, [x], x, { attributes: { axis } });
    const rows = reshape(g, x, [sizeOf(x) / x.shape[last]!, x.shape[last]!]);
    return reshape(g, g.op(op, [rows], rows, { attributes: { axis: 1 } }), x.shape);
  }
  const perm = [...x.shape.keys()].filter((i) => i !== axis);
  perm.push(axis);
  const turned = transpose(g, x, perm);
  return transpose(g, g.op(op, [turned], turned, { attributes: { axis: last } }), inverse(perm));
}

export function axesOf(axis: number | number[] | null | undefined, { shape }: Value): number[] {
  return tf.util.parseAxisParam((axis ?? null) as number[], [...shape]);
}
