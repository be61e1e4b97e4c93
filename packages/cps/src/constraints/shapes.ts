import { LabError } from '@lab/tensor-core/errors';
import { makeConstraint, type ChannelOptions, type ConstraintBase, type PerSample } from './constraint';
import { checkAtLeast, checkPerSample } from './refuse';

export interface MonotoneOptions extends ChannelOptions {
  /** @default 'increasing' */
  readonly direction?: 'increasing' | 'decreasing';
}
export interface MonotoneConstraint extends ConstraintBase<'monotone'>, MonotoneOptions {
  readonly name: string;
}

/** Each chosen channel never falls (or never rises). */
export function monotone({
  direction = 'increasing',
  channel,
  name,
}: MonotoneOptions = {}): MonotoneConstraint {
  return makeConstraint<MonotoneConstraint>({ kind: 'monotone', convex: true, name, channel, direction });
}

export interface StepLimitOptions extends ChannelOptions {
  /** Greatest absolute difference, at least 0, in raw units. */
  readonly value: PerSample;
}
export interface MaxStepConstraint extends ConstraintBase<'maxStep'>, StepLimitOptions {
  readonly name: string;
}
export interface MaxCurvatureConstraint extends ConstraintBase<'maxCurvature'>, StepLimitOptions {
  readonly name: string;
}

/** Ramp limit: |z[t+1] - z[t]| <= value. */
export function maxStep({ value, channel, name }: StepLimitOptions): MaxStepConstraint {
  checkAtLeast(value, { where: 'maxStep', argument: 'value', least: 0 });
  return makeConstraint<MaxStepConstraint>({ kind: 'maxStep', convex: true, name, channel, value });
}

/** Smoothness limit: |z[t+1] - 2 z[t] + z[t-1]| <= value. */
export function maxCurvature({ value, channel, name }: StepLimitOptions): MaxCurvatureConstraint {
  checkAtLeast(value, { where: 'maxCurvature', argument: 'value', least: 0 });
  return makeConstraint<MaxCurvatureConstraint>({ kind: 'maxCurvature', convex: true, name, channel, value });
}

export interface ReturnsOptions extends ChannelOptions {
  /** Least simple return of a step, above -1: -0.05 allows a fall of 5 %. @default none */
  readonly lower?: PerSample;
  /** Greatest simple return of a step. @default none */
  readonly upper?: PerSample;
}
export interface ReturnsConstraint extends ConstraintBase<'returns'>, ReturnsOptions {
  readonly name: string;
}

/** Limits of each step's simple return: (1 + lower) z[t] <= z[t+1] <= (1 + upper) z[t]; meant for positive series. */
export function returns({ lower, upper, channel, name }: ReturnsOptions): ReturnsConstraint {
  checkPerSample(lower, { where: 'returns', argument: 'lower' });
  checkPerSample(upper, { where: 'returns', argument: 'upper' });
  if (lower === undefined && upper === undefined)
    throw new LabError('argument', 'returns: give lower and/or upper');
  return makeConstraint<ReturnsConstraint>({
    kind: 'returns',
    convex: true,
    name,
    channel,
    lower,
    upper,
  });
}

export interface TotalReturnOptions extends ChannelOptions {
  /** Simple return from the first to the last step: last = (1 + value) first. */
  readonly value: PerSample;
  /** Channel whose first value is the base, for instance the open of price bars. @default the same channel */
  readonly from?: number | string;
}
export interface TotalReturnConstraint extends ConstraintBase<'totalReturn'>, TotalReturnOptions {
  readonly name: string;
}

/** The last value is (1 + value) times the first. */
export function totalReturn({ value, from, channel, name }: TotalReturnOptions): TotalReturnConstraint {
  checkPerSample(value, { where: 'totalReturn', argument: 'value' });
  return makeConstraint<TotalReturnConstraint>({
    kind: 'totalReturn',
    convex: true,
    name,
    channel,
    value,
    from,
  });
}

export interface OhlcOptions {
  /** Channel of each price, by index or name. @default the names open, high, low, close; else 0, 1, 2, 3 */
  readonly open?: number | string;
  readonly high?: number | string;
  readonly low?: number | string;
  readonly close?: number | string;
  readonly name?: string;
}
export interface OhlcConstraint extends ConstraintBase<'ohlc'>, OhlcOptions {
  readonly name: string;
}

/** Price bars in order: low <= open, close <= high at every step. */
export function ohlc({ open, high, low, close, name }: OhlcOptions = {}): OhlcConstraint {
  return makeConstraint<OhlcConstraint>({
    kind: 'ohlc',
    convex: true,
    name,
    open,
    high,
    low,
    close,
  });
}
