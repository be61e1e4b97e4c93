import { LabError } from '@lab/tensor-core/errors';
import { foldIn, permutation, uniform, type Key } from '@lab/tensor-core/random';
import { normalQuantile } from './normal-quantile';

/**
 * The law of training times, as the map from a uniform number in (0, 1) to a time in (0, 1].
 */
export type TimeLaw = (u: number) => number;

/** Uniform between `low` and 1. @param low `@default 0.001` */
export function uniformTimes(low = 1e-3): TimeLaw {
  if (!(low >= 0 && low < 1))
    throw new LabError('argument', 'the lowest time lies in [0, 1)', { argument: 'low', received: low });
  return (u) => low + (1 - low) * u;
}

/** Uniform over the times 1/N, 2/N, ..., 1 of a discrete schedule of N steps. */
export function gridTimes(count: number): TimeLaw {
  if (!(Number.isInteger(count) && count > 0))
    throw new LabError('argument', 'a grid has a positive number of steps', {
      argument: 'count',
      received: count,
    });
  return (u) => Math.min(count, Math.floor(u * count) + 1) / count;
}

export interface LogitNormalOptions {
  /** Above 0 favours noise. @default 0 */
  readonly mean?: number;
  /** @default 1 */
  readonly deviation?: number;
}

/** `t = sigmoid(n)`, n normal: middle times more often (Esser et al. 2024, section 3.1). */
export function logitNormalTimes({ mean = 0, deviation = 1 }: LogitNormalOptions = {}): TimeLaw {
  if (!(deviation > 0))
    throw new LabError('argument', 'deviation must be positive', {
      argument: 'deviation',
      received: deviation,
    });
  return (u) => 1 / (1 + Math.exp(-(mean + deviation * normalQuantile(u))));
}

/**
 * How the times of one batch depend on each other; each alone follows the law in every case.
 *
 * - `independent`
 * - `antithetic`: in pairs u, 1 - u
 * - `stratified`: one in each of B equal parts, in random order (Kingma et al. 2021); the loss varies least
 */
export type TimeSpread = 'independent' | 'antithetic' | 'stratified';

export interface DrawTimesOptions {
  /** @default uniformTimes() */
  readonly law?: TimeLaw;
  /** @default 'stratified' */
  readonly spread?: TimeSpread;
}

/**
 * Draws the times of a training batch: [count], each in (0, 1].
 *
 * @example
 * drawTimes(key(0), 64, { law: logitNormalTimes(), spread: 'antithetic' });
 */
export function drawTimes(
  key: Key,
  count: number,
  { law = uniformTimes(), spread = 'stratified' }: DrawTimesOptions = {},
): Float64Array {
  const raw = uniform(key, count);
  // Draws are multiples of 2^-23 in [0, 1): half a step up keeps every time off 0.
  const inside = Float64Array.from(raw, (value) => value + 2 ** -24);
  if (spread === 'stratified') {
    const places = permutation(foldIn(key, 1), count);
    return inside.map((value, i) => law((places[i]! + value) / count));
  }
  if (spread === 'antithetic') {
    const half = Math.ceil(count / 2);
    return inside.map((value, i) => law(i < half ? value : 1 - inside[i - half]!));
  }
  return inside.map(law);
}
