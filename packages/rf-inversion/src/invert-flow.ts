import { rectifiedFlowSchedule, type Denoiser, type Space } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Key } from '@lab/tensor-core/random';
import { resolveGain, type Gain } from './gains';
import { integrateIntervals, type FlowRunOptions } from './flow/integrate-flow';
import { assertGeneration, intervalsOf } from './flow/intervals';
import type { FlowInterval } from './flow/solvers';

export interface FlowGridOptions {
  /** Steps of the grid; with `times` left out, evenly spaced. @default 28 */
  readonly steps?: number | undefined;
  /**
   * The grid of noise levels in the order of generation, from at most 1 down to exactly 0, such as
   * `rectifiedFlowSchedule({ shift: 3 }).times(28)`; replaces `steps`.
   */
  readonly times?: readonly number[] | undefined;
}

export interface InvertFlowOptions<X, Condition> extends FlowGridOptions, FlowRunOptions<X, Condition> {
  /**
   * Forward guidance gamma: how far the image is led to fresh noise (1) instead of along the flow (0). Step 0 is the
   * first from the image. A constant gamma forgets the image as N^-gamma: see `imageMemory`. @default 0.5
   */
  readonly gamma?: Gain | undefined;
  /** [B, ...] the noise y1 that gamma leads to; stays the caller's. @default drawn from `key` */
  readonly target?: X | undefined;
  /** Draws y1; needed when gamma is not 0 and `target` is left out. */
  readonly key?: Key | undefined;
  /** Weight of the end point in the regulator, above 0. @default Infinity */
  readonly lambda?: number | undefined;
  /** [B, ...] factors of gamma, entry by entry. @default 1 everywhere */
  readonly mask?: X | undefined;
  /**
   * Node of the generation grid to stop at (the paper's starting time): 0 inverts to pure noise, m to `times[m]`, where
   * editing then starts. @default 0
   */
  readonly startStep?: number | undefined;
  /** Takes gamma outside [0, 1]. @default false */
  readonly allowExtrapolation?: boolean | undefined;
  /**
   * `diffusers` reproduces the community pipeline, whose inversion tells the network times i / (N + 1) while it
   * integrates the generation grid's lengths in their order, so that gamma = 1 misses the noise; Euler alone.
   */
  readonly parity?: 'diffusers' | undefined;
}

/** An image's structured noise, with all that editing needs of how it was made. */
export interface Inversion<X> {
  /** [B, ...] the state at `times[startStep]`; owned by this object. */
  readonly noise: X;
  /** [B, ...] the image; it stays the caller's and must live as long as it is edited. */
  readonly image: X;
  /** [B, ...] the noise y1 that gamma led to, if any. */
  readonly target: X | undefined;
  /** The whole generation grid. */
  readonly times: readonly number[];
  readonly startStep: number;
  /** Gamma at each step taken. */
  readonly gamma: readonly number[];
  readonly modelCalls: number;
  readonly seconds: number;
  /** Frees `noise`, and `target` when it was drawn here. */
  dispose(): void;
}

/**
 * Algorithm 1: inverts an image by the controlled forward ODE
 * `dY = [u(Y) + gamma (u(Y | y1) - u(Y))] dt`, `u(Y | y1) = (y1 - Y) / (1 - t)`, from t = 0 to noise.
 *
 * Use no condition, or that of no prompt, and no guidance: a prompt's concept is removed along with the inversion.
 * Latents are in the network's own scale, near mean 0 and variance 1.
 *
 * @param image [B, ...]; stays the caller's
 * @throws LabError `argument` for a bad grid, gamma, or no key; `numeric`, `shape`, `aborted`
 * @example
 * const inversion = await invertFlow(denoiser, image, { gamma: 0.5, key: key(0) });
 */
export async function invertFlow<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: InvertFlowOptions<X, Condition> = {},
): Promise<Inversion<X>> {
  const { gamma: strength = 0.5, startStep = 0, lambda, mask, allowExtrapolation } = options;
  const { space } = denoiser;
  assertBatch(space.shape(image));
  const times = gridOf(options);
  const intervals = inversionIntervals(times, startStep, options);
  const levels = intervals.map(({ from }) => from);
  // Gains are numbered over the whole grid, so that a truncated run has the strengths of the whole one.
  const whole = [...levels, ...Array.from({ length: startStep }, () => 1)];
  const gamma = resolveGain(strength, whole, { name: 'gamma', allowExtrapolation }).slice(0, levels.length);
  const isPulled = gamma.some((value) => value !== 0);
  const drawn = isPulled && options.target === undefined ? drawTarget(space, image, options.key) : undefined;
  const target = isPulled ? (options.target ?? drawn) : undefined;
  try {
    const { x, modelCalls, seconds } = await integrateIntervals(denoiser, image, {
      ...options,
      intervals,
      ...(target !== undefined && { pull: { target, gains: gamma, lambda, mask } }),
    });
    const dispose = (): void => {
      space.dispose(x);
      if (drawn !== undefined) space.dispose(drawn);
    };
    return { noise: x, image, target, times, startStep, gamma, modelCalls, seconds, dispose };
  } catch (error) {
    if (drawn !== undefined) space.dispose(drawn);
    throw error;
  }
}

/** The generation grid of a run, checked. */
export function gridOf({ steps = 28, times }: FlowGridOptions): readonly number[] {
  const grid = times ?? rectifiedFlowSchedule().times(steps);
  assertGeneration(grid);
  return [...grid];
}

export function assertBatch(shape: readonly number[]): void {
  if (shape.length === 0 || shape.some((size) => size < 1))
    throw new LabError('shape', 'an image is a batch [B, ...] of at least one', {
      argument: 'image',
      received: shape,
    });
}

export function assertStartStep(startStep: number, steps: number): void {
  if (!Number.isInteger(startStep) || startStep < 0 || startStep >= steps)
    throw new LabError('argument', 'startStep is a node of the grid before its end', {
      argument: 'startStep',
      expected: `a whole number from 0 to ${steps - 1}`,
      received: startStep,
    });
}

function inversionIntervals<X, C>(
  times: readonly number[],
  startStep: number,
  { parity, solver = 'euler' }: InvertFlowOptions<X, C>,
): FlowInterval[] {
  const steps = times.length - 1;
  assertStartStep(startStep, steps);
  if (parity === undefined) return intervalsOf(times.slice(startStep).reverse());
  if (solver !== 'euler' || startStep !== 0)
    throw new LabError('unsupported', "parity: 'diffusers' is Euler's method over the whole grid", {
      argument: 'parity',
      received: { solver, startStep },
    });
  return intervalsOf(times).map(({ length }, i) => ({
    from: i / (steps + 1),
    to: (i + 1) / (steps + 1),
    length: -length,
  }));
}

function drawTarget<X>(space: Space<X>, image: X, key: Key | undefined): X {
  if (key === undefined)
    throw new LabError('argument', 'gamma leads to noise: give a key to draw it from, or the noise itself', {
      argument: 'key | target',
      received: 'neither',
      hint: 'gamma: 0 needs none',
    });
  return space.normal(key, space.shape(image));
}
