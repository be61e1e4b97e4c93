import { LabError } from '@lab/tensor-core/errors';

/** @throws LabError `shape` unless half a kernel is smaller than both sides of images [B, H, W, C]: a border is reflected once */
export function assertKernelFits(
  name: string,
  half: number,
  [, height = 0, width = 0]: readonly number[],
): void {
  if (half >= height || half >= width)
    throw new LabError('shape', `${name}: half the kernel is smaller than the image`, {
      received: { height, width, kernel: 2 * half + 1 },
      hint: 'a smaller odd size',
    });
}
