import { tf } from '../../tf';
import { reshape, transpose } from '../graph/arrange';
import { pad, slice } from '../graph/pieces';
import { sizeOf } from '../graph/graph';
import type { Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { channelsAs, channelsFirst } from './convolutions';

type X = { readonly x: Value };

const util = tf.backend_util;

/** Blocks of places moved to channels, or to the batch, and back. */
export function mapSpace(): void {
  mapKernel<X, { blockSize: number; dataFormat: 'NHWC' | 'NCHW' }>(
    'DepthToSpace',
    ({ g, inputs: { x }, attrs }) => {
      const { blockSize, dataFormat } = attrs;
      const first = channelsFirst(g, x, dataFormat);
      const [batch, channels, height, width] = first.shape as [number, number, number, number];
      const shape = [batch, channels / blockSize ** 2, height * blockSize, width * blockSize];
      const found = g.op(
        'DepthToSpace',
        [first],
        { shape, dtype: x.dtype },
        { attributes: { blocksize: blockSize, mode: 'DCR' } },
      );
      return channelsAs(g, found, dataFormat);
    },
  );
  mapKernel<X, { blockShape: number[]; paddings: [number, number][] }>(
    'SpaceToBatchND',
    ({ g, inputs: { x }, attrs: { blockShape, paddings } }) => {
      const count = product(blockShape);
      const rest = x.shape.slice(1 + blockShape.length).map((): [number, number] => [0, 0]);
      const padded = pad(g, x, [[0, 0], ...paddings, ...rest], 0);
      const shape = [...padded.shape];
      const split = util.getReshaped(shape, blockShape, count, false);
      const perm = util.getPermuted(split.length, blockShape.length, false);
      const merged = util.getReshapedPermuted(shape, blockShape, count, false);
      return reshape(g, transpose(g, reshape(g, padded, split), perm), merged);
    },
  );
  mapKernel<X, { blockShape: number[]; crops: number[][] }>(
    'BatchToSpaceND',
    ({ g, inputs: { x }, attrs: { blockShape, crops } }) => {
      const count = product(blockShape);
      const shape = [...x.shape];
      const split = util.getReshaped(shape, blockShape, count);
      const perm = util.getPermuted(split.length, blockShape.length);
      const merged = util.getReshapedPermuted(shape, blockShape, count);
      const whole = reshape(g, transpose(g, reshape(g, x, split), perm), merged);
      const cut = whole.shape.map((_, axis) => crops[axis - 1] ?? [0, 0]);
      return slice(
        g,
        whole,
        cut.map(([before]) => before!),
        cut.map(([before, after], axis) => whole.shape[axis]! - before! - after!),
      );
    },
  );
}

function product(shape: readonly number[]): number {
  return sizeOf({ shape });
}
