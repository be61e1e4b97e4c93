import { LabError } from '@lab/tensor-core/errors';

/** A guidance strength over the steps of a run, as plain data. Outside its window it is 0. */
export interface GainSchedule {
  /**
   * - `constant`: `value` (Algorithm 2's piecewise constant eta)
   * - `decay`: `value (1 - i / N)^power`, i counted over the whole run
   * - `increase`, `decrease`: a straight line between 0 and `value` over the window; a window of one step is constant
   */
  readonly kind: 'constant' | 'decay' | 'increase' | 'decrease';
  readonly value: number;
  /** First step of the window. @default 0 */
  readonly start?: number;
  /** The step before which the window ends. @default the number of steps */
  readonly stop?: number;
  /** The same as a share of all steps, rounded down; instead of `start`. */
  readonly startFraction?: number;
  /** Instead of `stop`. */
  readonly stopFraction?: number;
  /** Of `decay`. @default 1 */
  readonly power?: number;
}

/** Where in a run a strength is asked for. */
export interface GainStep {
  /** 0 for the first step of the run. */
  readonly index: number;
  readonly steps: number;
  /** Noise level at the start of the step, in [0, 1]. */
  readonly t: number;
}

/** A controller's strength (gamma or eta): one number, a schedule, one number for each step, or a function. */
export type Gain = number | GainSchedule | readonly number[] | ((step: GainStep) => number);

export interface GainOptions {
  /** What the strength is called in errors. */
  readonly name: string;
  /** Takes values outside [0, 1], which push away from the reference or past it. @default false */
  readonly allowExtrapolation?: boolean | undefined;
}

/**
 * The strength at one step.
 *
 * @throws LabError `argument` for a value outside [0, 1], a window outside the run, or a list of another length
 */
export function gainAt(
  gain: Gain,
  step: GainStep,
  { name, allowExtrapolation = false }: GainOptions,
): number {
  const value = rawGain(gain, step, name);
  const inRange = allowExtrapolation ? Number.isFinite(value) : value >= 0 && value <= 1;
  if (!inRange)
    throw new LabError('argument', `${name} lies in [0, 1]; at step ${step.index} it does not`, {
      argument: name,
      received: value,
      hint: 'allowExtrapolation: true takes finite values outside',
    });
  return value;
}

/** The strength at every step of a run whose steps start at `times`. */
export function resolveGain(gain: Gain, times: readonly number[], options: GainOptions): number[] {
  return times.map((t, index) => gainAt(gain, { index, steps: times.length, t }, options));
}

function rawGain(gain: Gain, step: GainStep, name: string): number {
  const { index, steps } = step;
  if (typeof gain === 'number') return gain;
  if (typeof gain === 'function') return gain(step);
  if (isList(gain)) {
    if (gain.length !== steps)
      throw new LabError('argument', `a list of ${name} has one number for each step`, {
        argument: name,
        expected: steps,
        received: gain.length,
      });
    return gain[index]!;
  }
  const { kind, value, power = 1 } = gain;
  const { start, stop } = windowOf(gain, steps, name);
  if (index < start || index >= stop) return 0;
  // A ramp over one step would divide by stop - start - 1 = 0.
  const along = stop - start > 1 ? (index - start) / (stop - start - 1) : undefined;
  switch (kind) {
    case 'constant':
      return value;
    case 'decay':
      return value * (1 - index / steps) ** power;
    case 'increase':
      return value * (along ?? 1);
    case 'decrease':
      return value * (1 - (along ?? 0));
    default:
      throw new LabError('argument', `${name}: there is no such kind of schedule`, {
        argument: `${name}.kind`,
        expected: "'constant', 'decay', 'increase' or 'decrease'",
        received: kind,
      });
  }
}

function windowOf(gain: GainSchedule, steps: number, name: string): { start: number; stop: number } {
  const start = edge(gain, 'start', 0, { steps, name });
  const stop = edge(gain, 'stop', steps, { steps, name });
  if (start > stop)
    throw new LabError('argument', `${name}: the window ends before it starts`, {
      argument: name,
      received: { start, stop },
    });
  return { start, stop };
}

function edge(
  gain: GainSchedule,
  which: 'start' | 'stop',
  fallback: number,
  { steps, name }: { steps: number; name: string },
): number {
  const index = gain[which];
  const fraction = gain[`${which}Fraction`];
  if (index !== undefined && fraction !== undefined)
    throw new LabError('argument', `${name}: give ${which} or ${which}Fraction, not both`, {
      argument: `${name}.${which}`,
      received: { [which]: index, [`${which}Fraction`]: fraction },
    });
  if (fraction !== undefined) {
    if (!(fraction >= 0 && fraction <= 1))
      throw new LabError('argument', `${name}: a fraction of the steps lies in [0, 1]`, {
        argument: `${name}.${which}Fraction`,
        received: fraction,
      });
    return Math.floor(fraction * steps);
  }
  if (index === undefined) return fallback;
  if (!Number.isInteger(index) || index < 0 || index > steps)
    throw new LabError('argument', `${name}: a window lies within the run of ${steps} steps`, {
      argument: `${name}.${which}`,
      expected: `a whole number from 0 to ${steps}`,
      received: index,
      hint: `for a share of the steps take ${which}Fraction`,
    });
  return index;
}

function isList(gain: Gain): gain is readonly number[] {
  return Array.isArray(gain);
}
