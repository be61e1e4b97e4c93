import { LabError } from '../errors';

/** The learning rate (or another setting) at each update, counted from 0. */
export type LearningRateSchedule = (step: number) => number;

/** The same value at every step. */
export function constantSchedule(value: number): LearningRateSchedule {
  return () => value;
}

export interface LinearDecayOptions {
  readonly from: number;
  /** @default 0 */
  readonly to?: number;
  /** Updates until `to` is reached, at least 1; it stays there. */
  readonly steps: number;
}

/** A straight line from `from` to `to`. */
export function linearDecay({ from, to = 0, steps }: LinearDecayOptions): LearningRateSchedule {
  assertSteps('linearDecay', steps);
  return (step) => from + (to - from) * Math.min(step / steps, 1);
}

/**
 * Half a cosine from `from` to `to`: `to + (from - to) (1 + cos(pi step / steps)) / 2` (Loshchilov & Hutter 2017,
 * "SGDR", eq. 5, without restarts).
 */
export function cosineDecay({ from, to = 0, steps }: LinearDecayOptions): LearningRateSchedule {
  assertSteps('cosineDecay', steps);
  return (step) => to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(step / steps, 1)))) / 2;
}

export interface WarmupOptions {
  /** Updates until `schedule` takes over, at least 1. */
  readonly steps: number;
  /** Value at step 0. @default 0 */
  readonly from?: number;
}

/**
 * A straight line from `from` to the first value of `schedule`, which then begins.
 *
 * @example
 * warmup(cosineDecay({ from: 1e-3, steps: 900 }), { steps: 100 });
 */
export function warmup(
  schedule: LearningRateSchedule,
  { steps, from = 0 }: WarmupOptions,
): LearningRateSchedule {
  assertSteps('warmup', steps);
  return (step) => (step < steps ? from + (schedule(0) - from) * (step / steps) : schedule(step - steps));
}

export interface InverseSqrtOptions {
  /** The largest value, reached after `warmupSteps`. */
  readonly peak: number;
  /** At least 1. */
  readonly warmupSteps: number;
}

/**
 * Grows in a straight line to `peak`, then falls with the square root of the step:
 * `peak min(n / warmupSteps, sqrt(warmupSteps / n))` at the n-th update, n = step + 1 (Vaswani et al. 2017, eq. 3).
 */
export function inverseSqrt({ peak, warmupSteps }: InverseSqrtOptions): LearningRateSchedule {
  assertSteps('inverseSqrt', warmupSteps);
  return (step) => peak * Math.min((step + 1) / warmupSteps, Math.sqrt(warmupSteps / (step + 1)));
}

/**
 * `initial`, multiplied by each factor from its step on: `piecewise(0.1, { 100: 0.5, 200: 0.1 })` is 0.1, then 0.05
 * from step 100, then 0.005 from step 200.
 */
export function piecewise(initial: number, factors: Readonly<Record<number, number>>): LearningRateSchedule {
  const boundaries = Object.entries(factors).map(([step, factor]) => [Number(step), factor] as const);
  return (step) =>
    boundaries.reduce((value, [from, factor]) => (step >= from ? value * factor : value), initial);
}

/** The value of a setting at a step, checked. */
export function rateAt(rate: number | LearningRateSchedule, step: number): number {
  const value = typeof rate === 'number' ? rate : rate(step);
  if (!Number.isFinite(value))
    throw new LabError('argument', 'the learning rate is not a finite number', {
      argument: 'learningRate',
      received: `${value} at step ${step}`,
    });
  return value;
}

function assertSteps(caller: string, steps: number): void {
  if (!(steps >= 1 && Number.isFinite(steps)))
    throw new LabError('argument', `${caller}: a schedule needs at least one step`, {
      argument: 'steps',
      received: steps,
    });
}
