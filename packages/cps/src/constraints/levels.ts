import { levelFields, makeConstraint, type ConstraintBase, type LevelOptions } from './constraint';
import { checkLevel } from './refuse';

interface Level<Kind extends string> extends ConstraintBase<Kind>, LevelOptions {
  readonly name: string;
}

export type MeanConstraint = Level<'mean'>;
export type TotalConstraint = Level<'total'>;

/**
 * The mean over time of each chosen channel has the value (or lies in the interval).
 *
 * @example
 * const c = mean({ value: 3.2, channel: 'close' });
 */
export function mean(options: LevelOptions): MeanConstraint {
  checkLevel('mean', options);
  return makeConstraint<MeanConstraint>({
    kind: 'mean',
    convex: true,
    name: options.name,
    channel: options.channel,
    ...levelFields(options),
  });
}

/** The sum over time of each chosen channel has the value (or lies in the interval). */
export function total(options: LevelOptions): TotalConstraint {
  checkLevel('total', options);
  return makeConstraint<TotalConstraint>({
    kind: 'total',
    convex: true,
    name: options.name,
    channel: options.channel,
    ...levelFields(options),
  });
}

/** Another word for `total`. */
export const sum = total;
