import type { ExecutionChoice, Key, Tensor } from '@lab/tensor-core';

/**
 * The arithmetic a sampler needs of its states. Every solver is a linear combination of states with scalar
 * coefficients, so one solver serves float32 tensors (differentiable, on any engine) and float64 host arrays (exact
 * tests, hard constraints, a double-precision state around a single-precision network).
 */
export interface Space<X> {
  readonly name: 'tensor' | 'float64';
  /** `sum_i c_i x_i`; a new state, the terms stay the caller's. Coefficients of 0 are skipped. */
  combine(terms: readonly (readonly [coefficient: number, x: X])[]): X;
  /** Each entry limited to [low, high]; a new state. */
  clamp(x: X, low: number, high: number): X;
  /** Standard normal draws; both spaces give the same numbers for the same key. */
  normal(key: Key, shape: readonly number[]): X;
  shape(x: X): readonly number[];
  /** True when no entry is NaN or infinite. */
  isFinite(x: X): boolean | Promise<boolean>;
  /** Frees what `combine` or `normal` made (nothing to do in float64). */
  dispose(x: X): void;
}

/**
 * `x_t = alpha(t) x_0 + sigma(t) noise` for t in [0, 1]; t = 0 is data, t = 1 is noise. alpha falls, sigma grows.
 */
export interface Schedule {
  readonly name: string;
  /** `vp`: alpha^2 + sigma^2 = 1. `flow`: rectified flow, alpha = 1 - t, sigma = t. */
  readonly kind: 'vp' | 'flow';
  alpha(t: number): number;
  sigma(t: number): number;
  /** log(alpha^2 / sigma^2); +Infinity at t = 0. */
  logSnr(t: number): number;
  /** The default grid, from t = 1 (or the last trained time) down to exactly 0: `steps + 1` times. */
  times(steps: number): number[];
}

/**
 * What a network's output means.
 *
 * - `epsilon`: the noise
 * - `sample`: the clean sample x_0
 * - `v`: alpha noise - sigma x_0 (Salimans & Ho 2022)
 * - `velocity`: dx/dt of the rectified flow, noise - x_0
 */
export type Prediction = 'epsilon' | 'sample' | 'v' | 'velocity';

/** A network (or a closed form) together with what it predicts. */
export interface Denoiser<X = Tensor, Condition = unknown> {
  readonly predicts: Prediction;
  readonly space: Space<X>;
  /**
   * The raw prediction at state `x` [B, ...] and time `t` in (0, 1].
   * The result is the caller's to dispose; `x` stays the caller's.
   */
  predict(x: X, t: number, condition?: Condition, context?: PredictContext): X | Promise<X>;
  /** Frees what predictions keep between calls, such as compiled graphs; the next call makes it anew. */
  dispose?(): void;
}

/** How a prediction is computed; what it is does not depend on it, up to rounding. A wrapping denoiser passes it on. */
export interface PredictContext {
  /**
   * Op by op on the engine, or compiled by ONNX Runtime, several times faster once it is compiled. `auto` compiles what
   * is called often enough, where it can be, unless `engine({ execution })` says otherwise.
   *
   * @default 'auto'
   */
  readonly engine?: ExecutionChoice | undefined;
  /**
   * How many predictions for states of this shape the caller is about to ask for: `auto` compiles from 20 on, as
   * compiling costs about that many. @default 1
   */
  readonly calls?: number | undefined;
}

/** The three readings of one prediction. `x0` is the posterior mean E[x_0 | x_t] (Tweedie). */
export interface Estimate<X = Tensor> {
  readonly x0: X;
  readonly noise: X;
}

/** What a control sees of one sampling step. Every state in it is the sampler's: read it, do not dispose it. */
export interface Step<X = Tensor> {
  /** 0 for the noisiest step, `steps - 1` for the last. */
  readonly index: number;
  readonly steps: number;
  readonly t: number;
  readonly tNext: number;
  readonly alpha: number;
  readonly sigma: number;
  readonly alphaNext: number;
  readonly sigmaNext: number;
  /** The state at `t`, [B, ...]. */
  readonly x: X;
  /** The estimate at `t`: in `estimate` before any control, in `state` the controlled one that the step was made from. */
  readonly estimate: Estimate<X>;
  readonly denoiser: Denoiser<X>;
  readonly schedule: Schedule;
  readonly condition: unknown;
  /** How this run computes predictions: for controls that ask the denoiser themselves. */
  readonly context?: PredictContext | undefined;
  /** Randomness of this step alone, for the control's own draws. */
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
}

/**
 * A method that steers sampling. It acts at one or both of two places of a step; several controls act in order.
 * A function may return its input (no change) or a new state, which then belongs to the sampler.
 */
export interface Control<X = Tensor> {
  readonly name: string;
  /**
   * After `estimate` replaced the posterior mean: keep the network's noise estimate (Constrained Posterior Sampling,
   * RB-Modulation), or recompute it so that alpha x0 + sigma noise = x again (RF-Inversion's pull).
   * @default 'keep'
   */
  readonly noise?: 'keep' | 'recompute';
  /** Replaces the posterior-mean estimate: a projection, a proximal step, a pull to a reference. */
  estimate?(x0: X, step: Step<X>): X | Promise<X>;
  /** Replaces the next state: likelihood or descriptor gradients taken through the network. */
  state?(xNext: X, step: Step<X>): X | Promise<X>;
}
