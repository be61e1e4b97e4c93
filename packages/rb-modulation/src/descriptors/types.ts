import type { Tensor } from '@lab/tensor-core';

/** What of an image shall be like the reference's: images to vectors, differentiable and pure. */
export interface Descriptor {
  readonly name: string;
  /** Numbers of a descriptor. */
  readonly size: number;
  /** Images [B, h, w, C] to descriptors [B, size]. */
  embed(images: Tensor): Tensor;
}
