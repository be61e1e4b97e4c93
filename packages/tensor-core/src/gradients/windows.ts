import { tf, type Tensor, type Tensor4D } from '../tf';
import { gradient, noGradient } from './registry';

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface ResizeAttrs {
  readonly alignCorners: boolean;
}

/** Second-order gradients of pooling and resizing: their first-order gradients are linear in the cotangent. */
export function registerWindowGradients(): void {
  gradient<PoolAttrs>('AvgPoolGrad', {
    inputs: ['dy', 'input'],
    backward: (ddx, saved, { filterSize, strides, pad, dimRoundingMode }) => ({
      dy: () => tf.avgPool(ddx as Tensor4D, filterSize, strides, pad, dimRoundingMode),
      input: noGradient(saved[1] as Tensor),
    }),
  });
  gradient<PoolAttrs>('MaxPoolGrad', {
    inputs: ['dy', 'input', 'output'],
    backward: (ddx, saved, { filterSize, strides, pad }) => {
      const [dy, input, output] = saved as [Tensor, Tensor4D, Tensor];
      return {
        dy: () => {
          const { indexes } = tf.maxPoolWithArgmax(input, filterSize, strides, pad, true);
          return tf.reshape(tf.gather(tf.reshape(ddx, [-1]), tf.reshape(indexes as Tensor, [-1])), dy.shape);
        },
        input: noGradient(input),
        output: noGradient(output),
      };
    },
  });
  gradient<ResizeAttrs & { halfPixelCenters?: boolean }>('ResizeBilinearGrad', {
    inputs: ['dy', 'images'],
    backward: (ddx, saved, { alignCorners, halfPixelCenters }) => ({
      dy: () => tf.image.resizeBilinear(ddx as Tensor4D, sizeOf(saved[0]), alignCorners, halfPixelCenters),
      images: noGradient(saved[1] as Tensor),
    }),
  });
  gradient<ResizeAttrs & { halfPixelCenters?: boolean }>('ResizeNearestNeighborGrad', {
    inputs: ['dy', 'images'],
    backward: (ddx, saved, { alignCorners, halfPixelCenters }) => ({
      dy: () =>
        tf.image.resizeNearestNeighbor(ddx as Tensor4D, sizeOf(saved[0]), alignCorners, halfPixelCenters),
      images: noGradient(saved[1] as Tensor),
    }),
  });
}

function sizeOf(images: Tensor | undefined): [number, number] {
  return (images as Tensor).shape.slice(1, 3) as [number, number];
}
