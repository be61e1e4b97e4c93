import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { applyAxes, applyAxesTransposed, reflected, weightMatrix } from './axes';
import { assertKernelFits } from './kernel-size';
import type { LinearOperator } from './types';

export interface GaussianBlurOptions {
  /** Width of the kernel in pixels, odd; the official configurations use 61 for 256 pixels and 121 for 512. @default 61 */
  readonly size?: number;
  /** Standard deviation in pixels. @default 3 */
  readonly deviation?: number;
}

/**
 * A Gaussian blur of sum 1 with reflected borders, as the two matrices that it is made of. The first guess is the blurred
 * image itself.
 *
 * @throws LabError `argument` for an even size or a deviation that is not positive, `shape` for too small images
 */
export function gaussianBlur({ size = 61, deviation = 3 }: GaussianBlurOptions = {}): LinearOperator {
  if (!(Number.isInteger(size) && size % 2 === 1 && size > 0 && deviation > 0))
    throw new LabError('argument', 'gaussianBlur: size is odd and deviation positive', {
      received: { size, deviation },
    });
  const half = (size - 1) / 2;
  const raw = Array.from({ length: size }, (_, k) => Math.exp(-(((k - half) / deviation) ** 2) / 2));
  const total = raw.reduce((sum, each) => sum + each, 0);
  const line = (length: number): Array64 =>
    weightMatrix(length, length, (i) =>
      raw.map((weight, k) => [reflected(i + k - half, length), weight / total] as const),
    );
  const axes = (shape: readonly number[]) => {
    assertKernelFits('gaussianBlur', half, shape);
    return { rows: line(shape[1]!), columns: line(shape[2]!) };
  };
  return {
    name: `gaussian blur ${deviation}`,
    measurementShape: (image) => {
      assertKernelFits('gaussianBlur', half, [1, ...image]);
      return image;
    },
    forward: (x) => applyAxes(x, axes(x.shape)),
    adjoint: (y) => applyAxesTransposed(y, axes(y.shape)),
    initFrom: (y) => tf.clone(y),
  };
}
