import { LabError } from '@lab/tensor-core/errors';
import { makeConstraint, type ChannelOptions, type ConstraintBase, type PerSample } from './constraint';
import { checkPerSample } from './refuse';

/** A curve over time: [L] for all samples, or [B][L] with one for each. */
export type Curve = readonly number[] | readonly (readonly number[])[];

export interface BoundsOptions extends ChannelOptions {
  /** Least value of every chosen entry. @default none */
  readonly lower?: PerSample;
  /** Greatest value of every chosen entry. @default none */
  readonly upper?: PerSample;
  /** Least value at each step (a band), [L] or [B][L]. @default none */
  readonly lowerCurve?: Curve;
  /** Greatest value at each step, [L] or [B][L]. @default none */
  readonly upperCurve?: Curve;
  /** The steps it acts on, from 0, negative from the end; not together with curves. @default all */
  readonly steps?: readonly number[];
}

export interface BoundsConstraint extends ConstraintBase<'bounds'>, BoundsOptions {
  readonly name: string;
}

/**
 * Every chosen entry lies between `lower` and `upper`.
 *
 * @example
 * const c = bounds({ lower: 0, channel: 'volume' });
 */
export function bounds(options: BoundsOptions): BoundsConstraint {
  const { lower, upper, lowerCurve, upperCurve, steps, channel, name } = options;
  checkPerSample(lower, { where: 'bounds', argument: 'lower', infinite: true });
  checkPerSample(upper, { where: 'bounds', argument: 'upper', infinite: true });
  checkPerSample(lowerCurve?.flat(), { where: 'bounds', argument: 'lowerCurve', infinite: true });
  checkPerSample(upperCurve?.flat(), { where: 'bounds', argument: 'upperCurve', infinite: true });
  if (steps !== undefined) checkPerSample(steps, { where: 'bounds', argument: 'steps' });
  if ([lower, upper, lowerCurve, upperCurve].every((item) => item === undefined))
    throw new LabError('argument', 'bounds: give lower, upper, lowerCurve or upperCurve');
  if (steps !== undefined && (lowerCurve !== undefined || upperCurve !== undefined))
    throw new LabError('argument', 'bounds: a curve already says what holds at each step; leave steps out', {
      argument: 'steps',
      received: steps,
    });
  return makeConstraint<BoundsConstraint>({
    kind: 'bounds',
    convex: true,
    name,
    channel,
    lower,
    upper,
    lowerCurve,
    upperCurve,
    steps,
  });
}

export interface FixedOptions extends ChannelOptions {
  /** Step to value; steps from 0, negative from the end: `{ 0: 1.2, '-1': 0.3 }`. */
  readonly values: Readonly<Record<string, PerSample>>;
}

export interface FixedConstraint extends ConstraintBase<'fixed'>, FixedOptions {
  readonly name: string;
}

/**
 * The series has these values at these steps.
 *
 * @example
 * const c = fixed({ values: { 0: 1.2, 47: 0.3 }, channel: 0 });
 */
export function fixed({ values, channel, name }: FixedOptions): FixedConstraint {
  const copy: Record<string, PerSample> = {};
  for (const [step, value] of Object.entries(values)) {
    if (!/^-?\d+$/.test(step))
      throw new LabError('argument', 'fixed: the fields of values are steps, whole numbers', {
        argument: 'values',
        received: step,
      });
    checkPerSample(value, { where: 'fixed', argument: `values[${step}]` });
    copy[step] = typeof value === 'number' ? value : Array.from(value);
  }
  return makeConstraint<FixedConstraint>({ kind: 'fixed', convex: true, name, channel, values: copy });
}
