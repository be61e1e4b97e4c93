import { tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import type { csd } from '@lab/models/clip';
import { clipPixels, type NetworkParams } from '@lab/models/clip';
import type { Descriptor } from './types';

export interface CsdDescriptorOptions {
  /** `csd()` of `@lab/models/clip`. */
  readonly network: ReturnType<typeof csd>;
  /** Of `loadCsd`, or `network.init(key)`; they stay the caller's and must live as long as the descriptor. */
  readonly params: NetworkParams;
  /** @default 'style' */
  readonly head?: 'style' | 'content';
  /** Range of the images' values. @default [-1, 1] */
  readonly range?: readonly [low: number, high: number];
  /** Side of the images that the tower reads. @default 224 */
  readonly side?: number;
  /** Numbers of a descriptor. @default 768 */
  readonly size?: number;
}

/**
 * The descriptor of the paper: CSD (Somepalli et al. 2024), CLIP's vision tower with a head for style and one for content.
 * Images of any size are resized (bilinear) to the tower's; values outside the range are passed on as they are, so that
 * gradients are never cut off.
 */
export function csdDescriptor({
  network,
  params,
  head = 'style',
  range: [low, high] = [-1, 1],
  side = 224,
  size = 768,
}: CsdDescriptorOptions): Descriptor {
  return {
    name: `csd ${head}`,
    size,
    embed(images: Tensor) {
      const unit = tf.div(tf.sub(images, low), high - low);
      const grey = unit.shape[3] === 1 ? tf.tile(unit, [1, 1, 1, 3]) : unit;
      const sized =
        grey.shape[1] === side && grey.shape[2] === side
          ? grey
          : tf.image.resizeBilinear(grey as Tensor4D, [side, side], false, true);
      return network.apply(params, clipPixels(sized))[head];
    },
  };
}
