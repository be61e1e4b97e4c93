import type { Tensor } from '@lab/tensor-core';

export interface CostAndGradient<X> {
  /** [B] the cost of each sample. */
  readonly costs: Float64Array;
  /** Of the sum of the costs: each sample's gradient of its own cost. The caller's to dispose. */
  readonly gradient: X;
}

/** What is asked of clean samples z [B, ...] at the end: h of the paper, the lower the better. */
export interface TerminalCost<X = Tensor> {
  readonly name: string;
  evaluate(z: X): CostAndGradient<X> | Promise<CostAndGradient<X>>;
  /** The minimiser of `cost(z) + lambda |z - x|^2`, where there is a formula for it; a new state. */
  proximal?(x: X, lambda: number): X;
  /** The step size below which gradient descent on `cost(z) + lambda |z - x|^2` converges, where it is known. */
  stepBound?(lambda: number): number;
}

/** A cost that gradients can be taken of through a denoiser, too. */
export interface DifferentiableCost extends TerminalCost {
  /** [B] costs as a differentiable function of z. */
  losses(z: Tensor): Tensor;
}
