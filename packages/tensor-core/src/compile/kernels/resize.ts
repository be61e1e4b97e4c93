import { cast } from '../graph/elementwise';
import { resize, resizeBack, type ResizeMatrix, type Share } from '../graph/resize';
import type { Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { channelsAs, channelsFirst } from './convolutions';

interface ResizeAttrs {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

type SizeAttrs = ResizeAttrs & { readonly size: [number, number] };
type Shares = (at: number, size: number, attrs: ResizeAttrs) => readonly Share[];

/** Images made larger or smaller, by interpolation or by copying the nearest place. */
export function mapResize(): void {
  const kinds: [name: string, shares: Shares][] = [
    ['ResizeBilinear', interpolated],
    ['ResizeNearestNeighbor', nearest],
  ];
  for (const [name, shares] of kinds) {
    mapKernel<{ images: Value }, SizeAttrs>(name, ({ g, inputs: { images }, attrs }) => {
      const first = channelsFirst(g, images);
      const isFloat = name === 'ResizeBilinear';
      return channelsAs(
        g,
        resize(g, isFloat ? cast(g, first, 'float32') : first, matrices(images, attrs.size, shares, attrs)),
      );
    });
    mapKernel<{ dy: Value; images: Value }, ResizeAttrs>(
      `${name}Grad`,
      ({ g, inputs: { dy, images }, attrs }) => {
        const size = dy.shape.slice(1, 3) as [number, number];
        return channelsAs(g, resizeBack(g, channelsFirst(g, dy), matrices(images, size, shares, attrs)));
      },
    );
  }
}

function matrices(
  { shape }: Value,
  [rows, columns]: readonly [number, number],
  shares: Shares,
  attrs: ResizeAttrs,
): readonly [ResizeMatrix, ResizeMatrix] {
  const matrix = (size: number, outSize: number): ResizeMatrix => {
    // The outermost places go to each other, or the edges do.
    const corners = attrs.alignCorners && outSize > 1 ? 1 : 0;
    const scale = (size - corners) / (outSize - corners);
    const at = (i: number): number => (attrs.halfPixelCenters ? scale * (i + 0.5) : scale * i);
    return { size, rows: Array.from({ length: outSize }, (_, i) => shares(at(i), size, attrs)) };
  };
  return [matrix(shape[1]!, rows), matrix(shape[2]!, columns)];
}

function interpolated(at: number, size: number, { halfPixelCenters }: ResizeAttrs): Share[] {
  const place = Math.max(0, halfPixelCenters ? at - 0.5 : at);
  const low = Math.min(size - 1, Math.floor(place));
  const high = Math.min(size - 1, low + 1);
  const share = low === high ? 0 : place - low;
  return [
    [low, 1 - share],
    [high, share],
  ];
}

function nearest(at: number, size: number, { alignCorners }: ResizeAttrs): Share[] {
  const place = alignCorners ? Math.round(at) : Math.floor(at);
  return [[Math.max(0, Math.min(size - 1, place)), 1]];
}
