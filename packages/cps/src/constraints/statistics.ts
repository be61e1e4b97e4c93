import { LabError } from '@lab/tensor-core/errors';
import { levelFields, makeConstraint, type ConstraintBase, type LevelOptions } from './constraint';
import { checkAtLeast, checkLevel } from './refuse';

interface Statistic<Kind extends string> extends ConstraintBase<Kind>, LevelOptions {
  readonly name: string;
}
export type StdConstraint = Statistic<'std'>;
export type MeanAbsoluteChangeConstraint = Statistic<'meanAbsoluteChange'>;

/** Population standard deviation over time of each chosen channel: sqrt(sum (z - mean)^2 / L). An upper limit alone is convex. */
export function std(options: LevelOptions): StdConstraint {
  checkLevel('std', options);
  const { value, lower, upper } = options;
  for (const level of [value, upper])
    if (level !== undefined) checkAtLeast(level, { where: 'std', argument: 'value', least: 0 });
  return makeConstraint<StdConstraint>({
    kind: 'std',
    convex: value === undefined && lower === undefined,
    name: options.name,
    channel: options.channel,
    ...levelFields(options),
  });
}

/** Mean of |z[t+1] - z[t]| over the L - 1 steps of each chosen channel. An upper limit alone is convex. */
export function meanAbsoluteChange(options: LevelOptions): MeanAbsoluteChangeConstraint {
  checkLevel('meanAbsoluteChange', options);
  const { value, lower, upper } = options;
  for (const level of [value, upper])
    if (level !== undefined)
      checkAtLeast(level, { where: 'meanAbsoluteChange', argument: 'value', least: 0 });
  return makeConstraint<MeanAbsoluteChangeConstraint>({
    kind: 'meanAbsoluteChange',
    convex: value === undefined && lower === undefined,
    name: options.name,
    channel: options.channel,
    ...levelFields(options),
  });
}

export interface AutocorrelationOptions extends LevelOptions {
  /** Steps between the two factors, from 1 to L - 1. */
  readonly lag: number;
}
export interface AutocorrelationConstraint extends ConstraintBase<'autocorrelation'>, AutocorrelationOptions {
  readonly name: string;
}

/**
 * Autocorrelation at `lag` of each chosen channel, by the estimator sum d[t+lag] d[t] / sum d[t]^2 with d = z - mean(z), no
 * wrap and no correction for the shorter sum (others differ at the edges).
 */
export function autocorrelation(options: AutocorrelationOptions): AutocorrelationConstraint {
  checkLevel('autocorrelation', options);
  const { lag } = options;
  if (!Number.isInteger(lag) || lag < 1)
    throw new LabError('argument', 'autocorrelation: lag is a whole number from 1', {
      argument: 'lag',
      received: lag,
    });
  return makeConstraint<AutocorrelationConstraint>({
    kind: 'autocorrelation',
    convex: false,
    name: options.name,
    channel: options.channel,
    lag,
    ...levelFields(options),
  });
}

export interface VolatilityOptions extends LevelOptions {
  /** What a step's return is: log(z'/z), z'/z - 1 or z' - z. @default 'log' */
  readonly returns?: 'log' | 'simple' | 'difference';
  /** Steps in a year, to give `value` a year's scale. @default 1 */
  readonly periodsPerYear?: number;
}
export interface VolatilityConstraint extends ConstraintBase<'volatility'>, VolatilityOptions {
  readonly name: string;
}

/** Realised volatility of each chosen channel: sqrt(periodsPerYear x mean of squared returns). Prices must be positive. */
export function volatility(options: VolatilityOptions): VolatilityConstraint {
  checkLevel('volatility', options);
  const { returns = 'log', periodsPerYear = 1 } = options;
  for (const level of [options.value, options.upper])
    if (level !== undefined) checkAtLeast(level, { where: 'volatility', argument: 'value', least: 0 });
  if (!(periodsPerYear > 0) || !Number.isFinite(periodsPerYear))
    throw new LabError('argument', 'volatility: periodsPerYear is positive', {
      argument: 'periodsPerYear',
      received: periodsPerYear,
    });
  return makeConstraint<VolatilityConstraint>({
    kind: 'volatility',
    convex: false,
    name: options.name,
    channel: options.channel,
    returns,
    periodsPerYear,
    ...levelFields(options),
  });
}

export interface SpectralAmplitudeOptions extends LevelOptions {
  /** Whole cycles over the series, from 0 to L / 2. */
  readonly frequency: number;
}
export interface SpectralAmplitudeConstraint
  extends ConstraintBase<'spectralAmplitude'>, SpectralAmplitudeOptions {
  readonly name: string;
}

/**
 * Amplitude at `frequency` of each chosen channel: (2 / L) |sum z[t] exp(-2 pi i f t / L)| (1 / L for frequency 0 and L / 2),
 * so that a sinusoid of amplitude a with `frequency` whole cycles measures a. An upper limit alone is convex.
 */
export function spectralAmplitude(options: SpectralAmplitudeOptions): SpectralAmplitudeConstraint {
  checkLevel('spectralAmplitude', options);
  const { frequency, value, lower, upper } = options;
  for (const level of [value, upper])
    if (level !== undefined) checkAtLeast(level, { where: 'spectralAmplitude', argument: 'value', least: 0 });
  if (!Number.isInteger(frequency) || frequency < 0)
    throw new LabError('argument', 'spectralAmplitude: frequency is a whole number of cycles from 0', {
      argument: 'frequency',
      received: frequency,
    });
  return makeConstraint<SpectralAmplitudeConstraint>({
    kind: 'spectralAmplitude',
    convex: value === undefined && lower === undefined,
    name: options.name,
    channel: options.channel,
    frequency,
    ...levelFields(options),
  });
}
