import { mul } from '../graph/arithmetic';
import { cast } from '../graph/elementwise';
import { pad } from '../graph/pieces';
import type { Graph, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { axisOf } from './shapes';

type X = { readonly x: Value };

interface ScanAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Running sums and products. */
export function mapScans(): void {
  mapKernel<X, ScanAttrs>('Cumsum', ({ g, inputs, attrs: { axis, exclusive, reverse } }) => {
    const x = cast(g, inputs.x, inputs.x.dtype === 'bool' ? 'int32' : inputs.x.dtype);
    const along = g.splat(axisOf(axis, x), { shape: [], dtype: 'int64' });
    return g.op('CumSum', [x, along], x, {
      attributes: { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
    });
  });
  mapKernel<X, ScanAttrs>('Cumprod', ({ g, inputs, attrs }) => {
    const x = cast(g, inputs.x, inputs.x.dtype === 'bool' ? 'int32' : inputs.x.dtype);
    return runningProduct(g, x, { ...attrs, axis: axisOf(attrs.axis, x) });
  });
}

/**
 * The runtime has no running product: after the pass with shift s every entry is the product of the 2s last ones, so
 * log2(n) passes do.
 *
 * Source: Hillis and Steele, "Data parallel algorithms", 1986.
 */
function runningProduct(g: Graph, x: Value, { axis, exclusive, reverse }: ScanAttrs): Value {
  const size = x.shape[axis]!;
  const moved = (value: Value, by: number): Value =>
    pad(g, value, value.shape.map((_, i) => (i !== axis ? [0, 0] : reverse ? [-by, by] : [by, -by])), 1); // prettier-ignore
  let product = exclusive && size > 0 ? moved(x, 1) : x;
  for (let shift = 1; shift < size; shift *= 2) product = mul(g, product, moved(product, shift));
  return product;
}
