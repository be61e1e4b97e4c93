import { reshape } from '../graph/arrange';
import { cast } from '../graph/elementwise';
import { sizeOf } from '../graph/graph';
import type { Graph, GraphType, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';

/** The largest along the last axis, and entries addressed by several indices at once. */
export function mapIndexing(): void {
  mapKernel<{ x: Value }, { k: number; sorted: boolean }>('TopK', ({ g, inputs: { x }, attrs: { k } }) => {
    const shape = [...x.shape.slice(0, -1), k];
    if (k === 0) return [g.splat(0, { shape, dtype: x.dtype }), g.splat(0, { shape, dtype: 'int32' })];
    const ordered = numbers(g, x);
    const [values, indices] = g.ops(
      'TopK',
      [ordered, g.list([k])],
      [
        { shape, dtype: ordered.dtype },
        { shape, dtype: 'int64' },
      ],
      // In order also where none is asked for: then any order will do.
      { attributes: { axis: -1, largest: 1, sorted: 1 } },
    );
    return [cast(g, values!, x.dtype), cast(g, indices!, 'int32')];
  });
  mapKernel<{ params: Value; indices: Value }>('GatherNd', ({ g, inputs: { params, indices } }) => {
    const depth = indices.shape.at(-1) ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    return g.op('GatherND', [params, cast(g, indices, 'int64')], { shape, dtype: params.dtype });
  });
  mapKernel<{ indices: Value; updates: Value }, { shape: number[] }>(
    'ScatterNd',
    ({ g, inputs: { indices, updates }, attrs: { shape } }) => {
      const zeros = g.splat(0, { shape, dtype: updates.dtype });
      return scatter(g, zeros, indices, updates, 'add');
    },
  );
  mapKernel<{ tensor: Value; indices: Value; updates: Value }>(
    'TensorScatterUpdate',
    ({ g, inputs: { tensor, indices, updates } }) => scatter(g, tensor, indices, updates, 'none'),
  );
}

function scatter(g: Graph, base: Value, indices: Value, updates: Value, reduction: 'add' | 'none'): Value {
  const depth = indices.shape.at(-1)!;
  const count = sizeOf(indices) / depth;
  const rest = base.shape.slice(depth);
  const [from, values] = [numbers(g, base), numbers(g, updates)];
  const found =
    base.shape.length === 1
      ? // The runtime writes into the base's own memory here, where the general operator copies it first.
        g.op(
          'ScatterElements',
          [from, cast(g, reshape(g, indices, [count]), 'int64'), reshape(g, values, [count])],
          from,
          { attributes: { axis: 0, reduction } },
        )
      : g.op(
          'ScatterND',
          [from, cast(g, reshape(g, indices, [count, depth]), 'int64'), reshape(g, values, [count, ...rest])],
          from,
          { attributes: { reduction } },
        );
  return cast(g, found, base.dtype);
}

/** The runtime neither sorts nor adds truth values. */
function numbers(g: Graph, x: Value): Value {
  const as: GraphType = x.dtype === 'bool' ? 'int32' : x.dtype;
  return cast(g, x, as);
}
