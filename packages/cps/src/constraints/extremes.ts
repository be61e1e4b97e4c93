import { LabError } from '@lab/tensor-core/errors';
import { makeConstraint, type ChannelOptions, type ConstraintBase, type PerSample } from './constraint';
import { checkAtLeast, checkPerSample, checkPosition } from './refuse';

export interface ExtremeAtOptions extends ChannelOptions {
  /** Step of the extreme, from 0, negative from the end. */
  readonly at: PerSample;
  /** The extreme value, where it is known too. @default free */
  readonly value?: PerSample;
  /** Least distance between the extreme and every other value; at least 0. @default 0 */
  readonly margin?: PerSample;
}

export interface ArgmaxConstraint extends ConstraintBase<'argmax'>, ExtremeAtOptions {
  readonly name: string;
}
export interface ArgminConstraint extends ConstraintBase<'argmin'>, ExtremeAtOptions {
  readonly name: string;
}

/** The greatest value of each chosen channel stands at step `at` (and is `value`). */
export function argmaxAt(options: ExtremeAtOptions): ArgmaxConstraint {
  return makeConstraint<ArgmaxConstraint>({ kind: 'argmax', ...extremeFields('argmaxAt', options) });
}

/** The least value of each chosen channel stands at step `at` (and is `value`). */
export function argminAt(options: ExtremeAtOptions): ArgminConstraint {
  return makeConstraint<ArgminConstraint>({ kind: 'argmin', ...extremeFields('argminAt', options) });
}

function extremeFields(where: string, { at, value, margin, channel, name }: ExtremeAtOptions) {
  checkPosition(at, where);
  checkPerSample(value, { where, argument: 'value' });
  if (margin !== undefined) checkAtLeast(margin, { where, argument: 'margin', least: 0 });
  return {
    convex: true,
    name,
    channel,
    at,
    value,
    margin,
  };
}

export interface PeakOptions extends ChannelOptions {
  /** The extreme value. */
  readonly value: PerSample;
  /** Its step. @default anywhere, a union over all positions: not convex, the nearest is taken */
  readonly at?: PerSample;
}

export interface PeakConstraint extends ConstraintBase<'peak'>, PeakOptions {
  readonly name: string;
}
export interface TroughConstraint extends ConstraintBase<'trough'>, PeakOptions {
  readonly name: string;
}

/**
 * The greatest value of each chosen channel is `value`, at step `at` or anywhere.
 *
 * @example
 * const c = peak({ value: 120, at: 18, channel: 'load' });
 */
export function peak(options: PeakOptions): PeakConstraint {
  return makeConstraint<PeakConstraint>({ kind: 'peak', ...peakFields('peak', options) });
}

/** The least value of each chosen channel is `value`, at step `at` or anywhere. */
export function trough(options: PeakOptions): TroughConstraint {
  return makeConstraint<TroughConstraint>({ kind: 'trough', ...peakFields('trough', options) });
}

function peakFields(where: string, { at, value, channel, name }: PeakOptions) {
  checkPosition(at, where);
  checkPerSample(value, { where, argument: 'value' });
  if ((value as PerSample | undefined) === undefined)
    throw new LabError('argument', `${where}: value is missing`, { argument: 'value' });
  return { convex: at !== undefined, name, channel, value, at };
}
