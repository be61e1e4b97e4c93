import { fusedKernels } from '../../kernels/fused';
import { add, mul, number, sub } from '../graph/arithmetic';
import { reshape } from '../graph/arrange';
import { elementwise } from '../graph/elementwise';
import { sizeOf } from '../graph/graph';
import { reduce } from '../graph/reduce';
import type { Graph, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { alongLast } from './reductions';

type X = { readonly x: Value };

/** Kernels of this package's own that the runtime has as one operator. */
export function mapFused(): void {
  mapKernel<X, { approximate: boolean }>(fusedKernels.gelu, ({ g, inputs: { x }, attrs: { approximate } }) =>
    elementwise(g, 'Gelu', [x], { attributes: { approximate: approximate ? 'tanh' : 'none' } }),
  );
  mapKernel<X, { epsilon: number }>(fusedKernels.standardize, ({ g, inputs: { x }, attrs: { epsilon } }) => {
    const size = x.shape.at(-1)!;
    const rows = reshape(g, x, [sizeOf(x) / size, size]);
    const one = { shape: [sizeOf(x) / size, 1], dtype: x.dtype };
    const ones = g.splat(1, { shape: [size], dtype: x.dtype });
    const [y, , inverse] = g.ops('LayerNormalization', [rows, ones], [rows, one, one], {
      attributes: { axis: -1, epsilon: { float: epsilon } },
    });
    return [reshape(g, y!, x.shape), reshape(g, inverse!, [...x.shape.slice(0, -1), 1])];
  });
  mapKernel<{ scores: Value; open: Value }>(fusedKernels.maskedSoftmax, ({ g, inputs: { scores, open } }) =>
    maskedSoftmax(g, scores, open),
  );
  mapKernel<X>(fusedKernels.logSoftmax, ({ g, inputs: { x } }) =>
    alongLast(g, 'LogSoftmax', x, x.shape.length - 1),
  );
  mapKernel<X & { cos: Value; sin: Value }>(fusedKernels.rotate, ({ g, inputs: { x, cos, sin } }) =>
    rotate(g, x, [cos, sin]),
  );
}

/** All leading axes are heads to the runtime, and places count from the one it is told. */
function rotate(g: Graph, x: Value, tables: readonly [cos: Value, sin: Value]): Value {
  const [length, width] = x.shape.slice(-2) as [number, number];
  const heads = reshape(g, x, [1, sizeOf(x) / (length * width), length, width]);
  const turned = g.op('RotaryEmbedding', [heads, g.list([0]), ...tables], heads, { domain: 'com.microsoft' });
  return reshape(g, turned, x.shape);
}

/**
 * What is closed is lowered to 80 below the greatest and set to zero afterwards: e^-80 is nothing beside 1, and unlike the
 * exponential of minus a thousand it is no denormal number, on which processors are some hundred times slower.
 */
function maskedSoftmax(g: Graph, scores: Value, open: Value): Value {
  const last = scores.shape.length - 1;
  const closed = mul(g, sub(g, open, number(g, 1, open)), number(g, 1e9, open));
  const lowered = add(g, scores, closed);
  const floor = sub(g, reduce(g, 'ReduceMax', lowered, [last], true), number(g, 80, scores));
  const kept = elementwise(g, 'Max', [lowered, floor]);
  return mul(g, alongLast(g, 'Softmax', kept, last), open);
}
