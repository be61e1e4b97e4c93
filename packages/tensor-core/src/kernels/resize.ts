import type { TensorInfo } from '@tensorflow/tfjs-core';
import { wasmKernel } from './registry';
import { heapFloats } from './wasm-backend';

interface ResizeAttrs {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

/** Which input positions an output position along one axis is made of, and with which weights. */
interface Source {
  readonly low: number;
  readonly high: number;
  readonly fraction: number;
}

/** Gradient of bilinear resizing, the transpose of its matrix. The stock one does not know half-pixel centres. */
export function registerResize(): void {
  wasmKernel<{ images: TensorInfo; dy: TensorInfo }, ResizeAttrs>(
    'ResizeBilinearGrad',
    ({ backend, inputs: { images, dy }, attrs }) => {
      const [batch, height, width, channels] = images.shape as [number, number, number, number];
      const [outHeight, outWidth] = dy.shape.slice(1, 3) as [number, number];
      const out = backend.makeOutput([...images.shape], 'float32');
      const [grad, to] = [heapFloats(backend, dy), heapFloats(backend, out).fill(0)];
      const rows = sources(height, outHeight, attrs);
      const columns = sources(width, outWidth, attrs);
      let at = 0;
      for (let b = 0; b < batch; b++)
        for (const row of rows)
          for (const column of columns) {
            for (const [y, rowShare] of ends(row))
              for (const [x, columnShare] of ends(column)) {
                const from = ((b * height + y) * width + x) * channels;
                const share = rowShare * columnShare;
                for (let c = 0; c < channels; c++)
                  to[from + c] = (to[from + c] as number) + share * (grad[at + c] as number);
              }
            at += channels;
          }
      return out;
    },
  );
}

function sources(
  size: number,
  outSize: number,
  { alignCorners, halfPixelCenters = false }: ResizeAttrs,
): Source[] {
  const corners = alignCorners && outSize > 1 ? 1 : 0;
  const scale = (size - corners) / (outSize - corners);
  return Array.from({ length: outSize }, (_, i) => {
    const at = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const low = Math.max(0, Math.floor(at));
    return { low, high: Math.min(size - 1, Math.ceil(at)), fraction: at - low };
  });
}

function ends({ low, high, fraction }: Source): [position: number, share: number][] {
  return [
    [low, 1 - fraction],
    [Math.max(0, high), fraction],
  ];
}
