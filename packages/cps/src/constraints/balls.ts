import { makeConstraint, type ChannelOptions, type ConstraintBase, type PerSample } from './constraint';
import { checkAtLeast } from './refuse';

export interface SimplexOptions extends ChannelOptions {
  /** What the values add up to, at least 0. @default 1 */
  readonly total?: PerSample;
}
export interface SimplexConstraint extends ConstraintBase<'simplex'>, SimplexOptions {
  readonly name: string;
}

/** Each chosen channel is non-negative and adds up to `total` over time: shares, mixtures, a day's volume profile. */
export function simplex({ total = 1, channel, name }: SimplexOptions = {}): SimplexConstraint {
  checkAtLeast(total, { where: 'simplex', argument: 'total', least: 0 });
  return makeConstraint<SimplexConstraint>({ kind: 'simplex', convex: true, name, channel, total });
}

export interface BallOptions extends ChannelOptions {
  /** At least 0. */
  readonly radius: PerSample;
}
export interface L1BallConstraint extends ConstraintBase<'l1Ball'>, BallOptions {
  readonly name: string;
}
export interface L2BallConstraint extends ConstraintBase<'l2Ball'>, BallOptions {
  readonly name: string;
}

/** The absolute values of each chosen channel add up to at most `radius`. */
export function l1Ball({ radius, channel, name }: BallOptions): L1BallConstraint {
  checkAtLeast(radius, { where: 'l1Ball', argument: 'radius', least: 0 });
  return makeConstraint<L1BallConstraint>({ kind: 'l1Ball', convex: true, name, channel, radius });
}

/** The Euclidean norm over time of each chosen channel is at most `radius`. */
export function l2Ball({ radius, channel, name }: BallOptions): L2BallConstraint {
  checkAtLeast(radius, { where: 'l2Ball', argument: 'radius', least: 0 });
  return makeConstraint<L2BallConstraint>({ kind: 'l2Ball', convex: true, name, channel, radius });
}

export interface EnergyOptions extends ChannelOptions {
  /** Greatest sum of squares over time, at least 0. */
  readonly upper: PerSample;
}

/** The sum of squares over time of each chosen channel is at most `upper`: the Euclidean ball of radius sqrt(upper). */
export function energy({ upper, channel, name }: EnergyOptions): L2BallConstraint {
  checkAtLeast(upper, { where: 'energy', argument: 'upper', least: 0 });
  const radius = typeof upper === 'number' ? Math.sqrt(upper) : Array.from(upper, Math.sqrt);
  const where = channel === undefined ? '' : `(${[channel].flat().join(',')})`;
  return makeConstraint<L2BallConstraint>({
    kind: 'l2Ball',
    convex: true,
    name: name ?? `energy${where}`,
    channel,
    radius,
  });
}
