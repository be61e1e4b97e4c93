import type { Tensor } from '@lab/tensor-core';
import type { Metadata } from '../metadata';

/** What is known about each image: a class or other metadata [B, fields], and the tokens of a text. */
export interface ImageCondition extends Metadata {
  /**
   * [B, n, width] embedded tokens of a text (or of any sequence), which attention layers read beside the image.
   * `present` withholds them too.
   */
  readonly tokens?: Tensor;
  /** [B, n] of 1 and 0: which tokens are there, for texts of unequal length. @default all */
  readonly tokenMask?: Tensor;
}

/** Makes an image network read the tokens of a text. */
export interface TokensOptions {
  /** Size of an embedded token. */
  readonly width: number;
}
