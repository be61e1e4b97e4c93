import type { Estimate, Schedule, Space } from '../types';

/** What a solver sees of one step from `t` to `tNext`. States made through it are freed by the sampler. */
export interface SolverStep<X> {
  readonly space: Space<X>;
  readonly schedule: Schedule;
  /** 0 for the noisiest step, `steps - 1` for the last. */
  readonly index: number;
  readonly steps: number;
  readonly t: number;
  readonly tNext: number;
  readonly alpha: number;
  readonly sigma: number;
  readonly alphaNext: number;
  readonly sigmaNext: number;
  /** The state at `t`. */
  readonly x: X;
  /** One model call and then the controls: the estimate that the solver builds its step from. */
  readonly evaluate: (x: X, t: number) => Promise<Estimate<X>>;
  /** Standard normal noise of x's shape, fresh at each call. */
  readonly noise: () => X;
}

/** A posterior mean that a multistep solver remembers, and the log signal-to-noise ratio it was taken at. */
export interface Remembered<X> {
  readonly x0: X;
  readonly logSnr: number;
}

/** What one step gives: the state at `tNext`, and what the next step shall remember. */
export interface SolverResult<X> {
  readonly x: X;
  readonly memory?: readonly Remembered<X>[];
}

/**
 * One way of going from the state at `t` to the state at `tNext`.
 *
 * Every solver here is written from `alpha x0 + sigma noise` of the controlled estimate instead of from `x`: without a
 * control the two are equal, and a control that moved `x0` has then moved the state. So controls act in all solvers
 * alike, and the last step (alpha = 1, sigma = 0) returns the controlled `x0` exactly.
 */
export interface Solver {
  readonly name: string;
  /** Global order of convergence to the probability-flow ODE; for a stochastic solver, its weak order. */
  readonly order: number;
  /** Model calls in one step that is not the last. */
  readonly evaluations: number;
  /** The memory before the first step. */
  init<X>(): readonly Remembered<X>[];
  step<X>(step: SolverStep<X>, memory: readonly Remembered<X>[]): Promise<SolverResult<X>>;
}
