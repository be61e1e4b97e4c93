import { tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, uniform, type Key } from '@lab/tensor-core/random';
import { applyAxes, applyAxesTransposed, reflected, weightMatrix } from './axes';
import { assertKernelFits } from './kernel-size';
import type { LinearOperator } from './types';

export interface MotionKernelOptions {
  /** Width of the kernel in pixels, odd. @default 61 */
  readonly size?: number;
  /** How much the path bends, in [0, 1]: 0 is a straight line. @default 0.5 */
  readonly intensity?: number;
  /** Draws the path. */
  readonly key: Key;
}

const subSteps = 1000;

/**
 * A random path of a camera as a blur kernel [size, size] of sum 1: a walk of a thousand short steps whose direction
 * drifts, centred, scaled into the kernel, and spread bilinearly over the pixels.
 *
 * @throws LabError `argument` for an even size or an intensity outside [0, 1]
 */
export function motionKernel({ size = 61, intensity = 0.5, key }: MotionKernelOptions): Array64 {
  if (!(Number.isInteger(size) && size % 2 === 1 && size >= 3 && intensity >= 0 && intensity <= 1))
    throw new LabError('argument', 'motionKernel: size is odd and at least 3, intensity in [0, 1]', {
      received: { size, intensity },
    });
  const bends = normal(foldIn(key, 0), subSteps);
  let angle = 2 * Math.PI * uniform(foldIn(key, 1), 1)[0]!;
  let turn = 0;
  let [x, y] = [0, 0];
  const path = Array.from(bends, (bend) => {
    turn = 0.99 * turn + (0.02 * intensity * bend) / 2;
    angle += turn;
    x += Math.cos(angle);
    y += Math.sin(angle);
    return [x, y] as const;
  });
  const middle = [0, 1].map((axis) => path.reduce((sum, point) => sum + point[axis]!, 0) / subSteps);
  const reach = path.reduce(
    (most, point) => Math.max(most, ...point.map((each, axis) => Math.abs(each - middle[axis]!))),
    1e-9,
  );
  const half = (size - 1) / 2;
  const data = new Float64Array(size * size);
  for (const point of path) {
    // One pixel is kept free for the spread.
    const [column, row] = point.map((each, axis) => half + ((each - middle[axis]!) / reach) * (half - 1)) as [
      number,
      number,
    ];
    const [i, j] = [Math.floor(row), Math.floor(column)];
    const [down, right] = [row - i, column - j];
    data[i * size + j]! += ((1 - down) * (1 - right)) / subSteps;
    data[i * size + j + 1]! += ((1 - down) * right) / subSteps;
    data[(i + 1) * size + j]! += (down * (1 - right)) / subSteps;
    data[(i + 1) * size + j + 1]! += (down * right) / subSteps;
  }
  return { shape: [size, size], data };
}

/**
 * A blur by any kernel [k, k] (odd, such as `motionKernel` draws), every channel alike, with reflected borders. The first
 * guess is the blurred image itself.
 *
 * @throws LabError `shape` for a kernel that is not odd and square, or as large as the images
 */
export function kernelBlur(
  kernel: Array64,
  { name = 'blur' }: { readonly name?: string } = {},
): LinearOperator {
  const [size = 0, columns] = kernel.shape;
  if (kernel.shape.length !== 2 || size !== columns || size % 2 !== 1)
    throw new LabError('shape', 'kernelBlur: the kernel is square with an odd side', {
      received: kernel.shape,
    });
  const half = (size - 1) / 2;
  const padding = (length: number): Array64 =>
    weightMatrix(length + 2 * half, length, (i) => [[reflected(i - half, length), 1]]);
  const borders = (shape: readonly number[]) => {
    assertKernelFits(name, half, shape);
    return { rows: padding(shape[1]!), columns: padding(shape[2]!) };
  };
  const filter = (): Tensor4D => tf.tensor4d(Float32Array.from(kernel.data), [size, size, 1, 1]);
  return {
    name,
    measurementShape: (image) => {
      assertKernelFits(name, half, [1, ...image]);
      return image;
    },
    forward: (x) =>
      tf.tidy(() => {
        const padded = planes(applyAxes(x, borders(x.shape)));
        return unplanes(tf.conv2d(padded, filter(), 1, 'valid'), x.shape);
      }),
    adjoint: (y) =>
      tf.tidy(() => {
        const [batch, height, width, channels] = y.shape as [number, number, number, number];
        const wide = [height + 2 * half, width + 2 * half] as const;
        const spread = tf.conv2dTranspose(planes(y), filter(), [batch * channels, ...wide, 1], 1, 'valid');
        return applyAxesTransposed(unplanes(spread, [batch, ...wide, channels]), borders(y.shape));
      }),
    initFrom: (y) => tf.clone(y),
  };
}

/** A motion blur along a path that `key` draws. */
export function motionBlur(options: MotionKernelOptions): LinearOperator {
  return kernelBlur(motionKernel(options), { name: 'motion blur' });
}

/** [B, H, W, C] as B C images of one channel. */
function planes(x: Tensor): Tensor4D {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [batch * channels, height, width, 1]);
}

function unplanes(x: Tensor, shape: readonly number[]): Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return tf.transpose(tf.reshape(x, [batch, channels, height, width]), [0, 2, 3, 1]);
}
