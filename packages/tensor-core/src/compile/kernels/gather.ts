import { reshape, transpose } from '../graph/arrange';
import { add, compare, number, where } from '../graph/arithmetic';
import { cast } from '../graph/elementwise';
import { sizeOf } from '../graph/graph';
import { slice } from '../graph/pieces';
import type { Graph, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { axisOf } from './shapes';

/** Taking entries by index along an axis, and its transpose. */
export function mapGather(): void {
  mapKernel<{ x: Value; indices: Value }, { axis: number; batchDims: number }>(
    'GatherV2',
    ({ g, inputs: { x, indices }, attrs }) => {
      const axis = axisOf(attrs.axis, x);
      const batchDims = attrs.batchDims < 0 ? attrs.batchDims + indices.shape.length : attrs.batchDims;
      return gather(g, x, cast(g, indices, 'int32'), axis, batchDims);
    },
  );
  mapKernel<{ x: Value; segmentIds: Value }, { numSegments: number }>(
    'UnsortedSegmentSum',
    ({ g, inputs: { x, segmentIds }, attrs: { numSegments } }) => segmentSum(g, x, segmentIds, numSegments),
  );
}

/** `x[..., indices, ...]`; the first `batchDims` axes go together. */
function gather(g: Graph, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const [batch, own] = [x.shape.slice(0, batchDims), indices.shape.slice(batchDims)];
  const [before, after] = [x.shape.slice(batchDims, axis), x.shape.slice(axis + 1)];
  const shape = [...batch, ...before, ...own, ...after];
  if (batchDims === 0)
    return g.op('Gather', [x, indices], { shape, dtype: x.dtype }, { attributes: { axis } });
  // Batches are the rows of one table: row b of the batch begins at b times its length.
  const count = sizeOf({ shape: batch });
  const length = x.shape[axis]!;
  const order = [
    ...batch.keys(),
    axis,
    ...before.map((_, i) => batchDims + i),
    ...after.map((_, i) => axis + 1 + i),
  ];
  const table = reshape(g, transpose(g, x, order), [count * length, ...before, ...after]);
  const starts = g.constant(
    Int32Array.from({ length: count }, (_, b) => b * length),
    {
      shape: [count, 1],
      dtype: 'int32',
    },
  );
  const rows = add(g, reshape(g, indices, [count, sizeOf({ shape: own })]), starts);
  const taken = g.op(
    'Gather',
    [table, rows],
    { shape: [count, sizeOf({ shape: own }), ...before, ...after], dtype: x.dtype },
    { attributes: { axis: 0 } },
  );
  const whole = reshape(g, taken, [...batch, ...own, ...before, ...after]);
  const perm = [
    ...batch.keys(),
    ...before.map((_, i) => batchDims + own.length + i),
    ...own.map((_, i) => batchDims + i),
    ...after.map((_, i) => batchDims + own.length + before.length + i),
  ];
  return transpose(g, whole, perm);
}

/** Sums rows by their ids; rows whose id is out of range go to one more row, which is dropped. */
function segmentSum(g: Graph, x: Value, ids: Value, numSegments: number): Value {
  const rank = ids.shape.length;
  const rows = sizeOf(ids);
  const row = x.shape.slice(rank);
  const width = sizeOf({ shape: row });
  const known = compare(g, 'Less', ids, number(g, numSegments, ids));
  const isRow = g.op('And', [known, compare(g, 'GreaterOrEqual', ids, number(g, 0, ids))], {
    shape: ids.shape,
    dtype: 'bool',
  });
  const safe = where(g, isRow, ids, number(g, numSegments, ids));
  const sums = g.op(
    'ScatterND',
    [
      g.splat(0, { shape: [numSegments + 1, width], dtype: x.dtype }),
      reshape(g, cast(g, safe, 'int64'), [rows, 1]),
      reshape(g, x, [rows, width]),
    ],
    { shape: [numSegments + 1, width], dtype: x.dtype },
    { attributes: { reduction: 'add' } },
  );
  return reshape(g, slice(g, sums, [0, 0], [numSegments, width]), [numSegments, ...row]);
}
