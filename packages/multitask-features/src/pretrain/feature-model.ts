import type { Array64 } from '@lab/tensor-core/linalg64';

export interface TaskReport {
  readonly name: string;
  readonly samples: number;
  /** Norm of m_t = mean of (y - mean y)(x - mean x): what can be seen of the task at first order. */
  readonly signal: number;
  /** Norm that m_t has by chance, sqrt(d / n). */
  readonly noise: number;
  /** Share of the squared norm of all task gradients. */
  readonly leverage: number;
}

export interface RoundReport {
  /** 95th percentile of the absolute outputs after the head step: below 0.3, or heads were too large. */
  readonly outputScale: number;
  /** Share of rows below 1e-3 of the median norm. */
  readonly deadFraction: number;
  /** Mean-square row norm of the gradient, which normalisation divided out. */
  readonly scale: number;
  /** Of the normalised weights, largest first. */
  readonly singularValues: Float64Array;
}

export interface Diversity {
  /** Effective rank of the Gram matrix of first moments m_t. */
  readonly moments: number;
  /** Effective rank of Y^T Y / n, where all tasks share a table: duplicates do not raise it. */
  readonly labels?: number;
}

/** What pre-training learnt: first-layer weights, and whether to trust them. Plain data. */
export interface FeatureModel {
  /** W+ [m, d], to be applied to x - center. Mean squared row norm 1 before the whitening is folded in. */
  readonly weights: Array64;
  /** [d], zeros without whitening. */
  readonly center: Float64Array;
  /** The same weights on whitened inputs [m, d]; the very `weights` without whitening. */
  readonly whiteWeights: Array64;
  /** Of `whiteWeights`, largest first. */
  readonly singularValues: Float64Array;
  /** Right singular vectors in the columns [d, min(m, d)], as maps of x - center. */
  readonly directions: Array64;
  readonly tasks: readonly TaskReport[];
  readonly rounds: readonly RoundReport[];
  readonly diversity: Diversity;
  readonly warnings: readonly string[];
  /** Wall-clock seconds, rows seen by both steps, and how the products ran. */
  readonly cost: {
    readonly seconds: number;
    readonly rows: number;
    readonly engine: 'eager' | 'compiled' | 'float64';
  };
}
