import type { Tensor } from '@lab/tensor-core';
import type { Denoiser, Schedule } from '@lab/diffusion-core';

/** What a guidance gradient is the gradient of; the terms are added up. */
export interface GuidanceTerms<X> extends Differentiation {
  readonly data?: {
    /** One for all examples. */
    readonly weight: number;
    /** |y - A D(x0)|^2, its root, or the root times the mean of 1 / |y| (photon counts: a small one says more). */
    readonly form: 'squared' | 'norm' | 'poisson';
    /** The term is constant where |y - A D(x0)|^2 is at most this. @default 0 */
    readonly slack?: number;
  };
  readonly gluing?: {
    readonly weight: number;
    /** `fixed-point`: |x0 - E(D(x0))| (GML-DPS). `measurement`: |x0 - E(A^T y + (I - A^T A) D(x0))| (PSLD). */
    readonly kind: 'fixed-point' | 'measurement';
  };
  /** `weight / scale <probe, s(z + scale probe) - s(z)>`: the second-order term (one probe of the score's divergence). */
  readonly curvature?: {
    readonly weight: number;
    readonly probe: X;
    readonly scale: number;
    /** Divides each example's weight by its |y - A D(x0)|, which is not differentiated. @default false */
    readonly overResidual?: boolean;
  };
}

/** How data and gluing are differentiated. */
export interface Differentiation {
  /**
   * Takes the noise estimate for a constant in them, so that x0 moves by 1 / alpha with the state and no gradient runs back through
   * the denoiser for their sake. @default false
   */
  readonly detachScore?: boolean;
}

export interface GuidanceGradient<X> {
  /** With respect to z, each example's of its own loss; the caller's. */
  readonly gradient: X;
  /** The noise estimate at z that it was made from; the caller's. */
  readonly noise: X;
  /** [B] |y - A D(x0)|^2 at z. */
  readonly residuals: Float64Array;
}

/** Where a gradient is asked for. */
export interface GuidancePoint {
  readonly t: number;
  readonly condition?: unknown;
}

/** Where a gradient by an embedding is asked for. */
export interface EmbeddingPoint {
  readonly t: number;
  /** What the denoiser is told, made from the embedding; differentiable. */
  readonly conditionOf: (embedding: Tensor) => unknown;
}

export interface EmbeddingGradient {
  /** With respect to the embedding, of its shape; the caller's. */
  readonly gradient: Tensor;
  /** [B] |y - A D(x0)|^2 with it. */
  readonly residuals: Float64Array;
}

export interface MomentMatchingOptions extends GuidancePoint {
  /** Standard deviation of the measurement's noise. */
  readonly deviation: number;
  /** Greatest number of conjugate-gradient steps, where the system is not solved directly. @default 20 */
  readonly iterations?: number;
}

/**
 * A measurement of what a latent denoiser knows, in the terms that methods need: gradients through the denoiser, decoder
 * and operator, and the two exact pulls towards the measurement. Methods are written over it once, and run in float64
 * over closed forms (`linearProblem`) as over networks (`imageProblem`).
 */
export interface InverseProblem<X> {
  readonly denoiser: Denoiser<X>;
  readonly schedule: Schedule;
  /** [B, ...] of the latents. */
  readonly shape: readonly number[];
  /** Numbers in one example's measurement. */
  readonly measured: number;
  /** E(initFrom(y)): a new state. */
  start(): X;
  gradient(z: X, terms: GuidanceTerms<X>, point: GuidancePoint): Promise<GuidanceGradient<X>>;
  /** Of |y - A D(x0)|^2 by the embedding [B, ...] of a text. Absent where the denoiser reads none. */
  embeddingGradient?(z: X, embedding: Tensor, point: EmbeddingPoint): Promise<EmbeddingGradient>;
  /** Estimate of the Lipschitz constant |A D|^2 by power iteration. */
  squaredNorm(iterations: number): Promise<number>;
  /** E(argmin_x |y - A x|^2 / 2 + strength / 2 |x - D(x0)|^2): a new state. Needs a linear operator. */
  proximal(x0: X, strength: number): Promise<X>;
  /** J^T (A D')^T (deviation^2 I + A D' C (A D')^T)^-1 (y - A D(x0)), C the posterior covariance: a new state. */
  momentMatched(z: X, options: MomentMatchingOptions): Promise<X>;
  /** Frees what gradients keep between calls, such as compiled graphs; the next gradient makes it anew. */
  dispose?(): void;
}
