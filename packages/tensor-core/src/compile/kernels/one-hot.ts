import type { DataType } from '@tensorflow/tfjs-core';
import { reshape } from '../graph/arrange';
import { compare, number, where } from '../graph/arithmetic';
import { cast } from '../graph/elementwise';
import type { Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { graphType } from '../trace/trace-backend';

interface Attrs {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly dtype?: DataType;
}

/** By comparison: unlike ONNX's OneHot it leaves rows of ids that are out of range without a hit, also negative ones. */
export function mapOneHot(): void {
  mapKernel<{ indices: Value }, Attrs>('OneHot', ({ g, inputs: { indices }, attrs }) => {
    const { depth, onValue, offValue } = attrs;
    const places = g.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      { shape: [depth], dtype: 'int32' },
    );
    const hits = compare(g, 'Equal', reshape(g, indices, [...indices.shape, 1]), places);
    const like = g.splat(0, { shape: [], dtype: graphType(attrs.dtype ?? 'int32') });
    if (onValue === 1 && offValue === 0) return cast(g, hits, like.dtype);
    return where(g, hits, number(g, onValue, like), number(g, offValue, like));
  });
}
