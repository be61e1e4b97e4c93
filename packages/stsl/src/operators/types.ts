import type { Tensor } from '@lab/tensor-core';

/**
 * A degradation `y = A(x)` of images [B, H, W, C]. Pure and differentiable; every tensor that it returns is the
 * caller's.
 */
export interface MeasurementOperator {
  readonly name: string;
  /** Shape [h, w, C] of the measurement of an image of shape [H, W, C]; refuses images that do not fit. */
  measurementShape(image: readonly number[]): readonly number[];
  /** A(x): [B, H, W, C] to [B, h, w, C]. */
  forward(x: Tensor): Tensor;
  /** A^T y: [B, h, w, C] to [B, H, W, C]. Absent for operators that are not linear. */
  adjoint?(y: Tensor): Tensor;
  /**
   * A first guess of the image, scaled so that `A(initFrom(A(x)))` is near `A(x)` for smooth x: what a latent diffusion
   * model's encoder is shown (STSL, Algorithm 1, step 1).
   */
  initFrom(y: Tensor): Tensor;
}

/** An operator with an adjoint. */
export type LinearOperator = MeasurementOperator & Required<Pick<MeasurementOperator, 'adjoint'>>;
