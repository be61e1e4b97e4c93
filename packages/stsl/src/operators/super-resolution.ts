import { tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { applyAxes, applyAxesTransposed, weightMatrix, type AxisMatrices } from './axes';
import type { LinearOperator } from './types';

export interface SuperResolutionOptions {
  /** By how much each side shrinks, a whole number of at least 2. */
  readonly factor: number;
  /**
   * `bicubic`: Keys' cubic (a = -1/2), widened by the factor so that nothing aliases. `average`: the mean of each
   * factor x factor block, for which factor^2 A^T A is a projection.
   * @default 'bicubic'
   */
  readonly kernel?: 'bicubic' | 'average';
}

/**
 * Downsampling: what super-resolution undoes. The first guess repeats each pixel.
 *
 * @throws LabError `argument` for another factor, `shape` when it does not divide an image
 */
export function superResolution({ factor, kernel = 'bicubic' }: SuperResolutionOptions): LinearOperator {
  if (!(Number.isInteger(factor) && factor >= 2))
    throw new LabError('argument', 'superResolution: factor is a whole number of at least 2', {
      argument: 'factor',
      received: factor,
    });
  const line = (size: number): Array64 =>
    kernel === 'average' ? average(size, factor) : bicubic(size, factor);
  const axes = (height: number, width: number): AxisMatrices => ({
    rows: line(height),
    columns: line(width),
  });
  const measurementShape = ([height = 0, width = 0, channels = 0]: readonly number[]): number[] => {
    if (height % factor !== 0 || width % factor !== 0 || height * width === 0)
      throw new LabError('shape', `superResolution: the factor ${factor} divides height and width`, {
        received: [height, width, channels],
        hint: 'crop the image to a multiple of the factor',
      });
    return [height / factor, width / factor, channels];
  };
  return {
    name: `super-resolution x${factor}`,
    measurementShape,
    forward(x) {
      measurementShape(x.shape.slice(1));
      return applyAxes(x, axes(x.shape[1]!, x.shape[2]!));
    },
    adjoint: (y) => applyAxesTransposed(y, axes(factor * y.shape[1]!, factor * y.shape[2]!)),
    initFrom: (y) => repeated(y, factor),
  };
}

function repeated(y: Tensor, factor: number): Tensor {
  const [, height, width] = y.shape as [number, number, number];
  return tf.image.resizeNearestNeighbor(y as Tensor4D, [factor * height, factor * width]);
}

function average(size: number, factor: number): Array64 {
  return weightMatrix(size / factor, size, (i) =>
    Array.from({ length: factor }, (_, k) => [factor * i + k, 1 / factor] as const),
  );
}

/** As Pillow's BICUBIC: weights beyond the border are left out and the rest scaled to sum 1. */
function bicubic(size: number, factor: number): Array64 {
  return weightMatrix(size / factor, size, (i) => {
    const centre = (i + 0.5) * factor;
    const first = Math.max(0, Math.ceil(centre - 2 * factor - 0.5));
    const last = Math.min(size - 1, Math.floor(centre + 2 * factor - 0.5));
    const raw = Array.from(
      { length: last - first + 1 },
      (_, k) => [first + k, keys((first + k + 0.5 - centre) / factor)] as const,
    );
    const total = raw.reduce((sum, [, weight]) => sum + weight, 0);
    return raw.map(([at, weight]) => [at, weight / total] as const);
  });
}

/** Keys' cubic convolution kernel with a = -1/2. */
function keys(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}
