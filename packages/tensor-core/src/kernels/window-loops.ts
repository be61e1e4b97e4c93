import type { tf } from '../tf';

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Where one output pixel meets one tap of its window inside of the input: offsets of channel 0. */
export type Visit = (input: number, output: number, tap: number) => void;

/** Visits every pair of an output pixel and a window tap that lies in the input, the taps of one pixel together. */
export function eachTap(info: ConvInfo, visit: Visit): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
  for (let b = 0; b < batchSize; b++)
    for (let p = 0; p < outHeight; p++)
      for (let q = 0; q < outWidth; q++) {
        const output = ((b * outHeight + p) * outWidth + q) * outChannels;
        for (let k = 0; k < info.filterHeight; k++) {
          const row = p * info.strideHeight - padInfo.top + k * info.dilationHeight;
          if (row < 0 || row >= inHeight) continue;
          for (let l = 0; l < info.filterWidth; l++) {
            const column = q * info.strideWidth - padInfo.left + l * info.dilationWidth;
            if (column < 0 || column >= inWidth) continue;
            const input = ((b * inHeight + row) * inWidth + column) * inChannels;
            visit(input, output, k * info.filterWidth + l);
          }
        }
      }
}
