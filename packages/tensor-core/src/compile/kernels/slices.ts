import { planStridedSlice, type StridedSliceAttrs } from '../../kernels/strided-slice';
import { reshape } from '../graph/arrange';
import { compare, number, where } from '../graph/arithmetic';
import { sizeOf } from '../graph/graph';
import { reverse, stridedSlice } from '../graph/pieces';
import { take } from '../graph/take';
import type { Value } from '../graph/types';
import { mapKernel } from '../trace/registry';

type X = { readonly x: Value };

interface MirrorPadAttrs {
  readonly paddings: readonly (readonly [number, number])[];
  readonly mode: 'reflect' | 'symmetric';
}

/** Cutting with steps and continuing by reflection. */
export function mapSlices(): void {
  mapKernel<X, StridedSliceAttrs>('StridedSlice', ({ g, inputs: { x }, attrs }) => {
    const { shape, axes } = planStridedSlice([...x.shape], attrs);
    return reshape(g, stridedSlice(g, x, axes), shape);
  });
  mapKernel<X, MirrorPadAttrs>('MirrorPad', ({ g, inputs: { x }, attrs: { paddings, mode } }) =>
    paddings.reduce((rest, widths, axis) => take(g, rest, axis, mirrored(x.shape[axis]!, widths, mode)), x),
  );
  mapKernel<{ image: Value }>('FlipLeftRight', ({ g, inputs: { image } }) => reverse(g, image, [2]));
  mapKernel<X>('Diag', ({ g, inputs: { x } }) => {
    const size = sizeOf(x);
    const places = g.constant(
      Int32Array.from({ length: size }, (_, i) => i),
      { shape: [size], dtype: 'int32' },
    );
    const isDiagonal = compare(g, 'Equal', reshape(g, places, [size, 1]), places);
    const matrix = where(g, isDiagonal, reshape(g, x, [size, 1]), number(g, 0, x));
    return reshape(g, matrix, [...x.shape, ...x.shape]);
  });
}

/** Which entries stand where after mirroring: at the edge with or without the outermost entry once more. */
function mirrored(
  size: number,
  [before, after]: readonly [number, number],
  mode: MirrorPadAttrs['mode'],
): number[] {
  const doubled = mode === 'symmetric' ? 1 : 0;
  return Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before;
    if (at < 0) return -at - doubled;
    return at < size ? at : 2 * size - 2 - at + doubled;
  });
}
