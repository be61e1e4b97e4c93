import type { ShiftBasis } from './closed/autocorrelation';
import { projectMoments, type MomentTargets } from './closed/moments';
import type { SampleProblem } from './general';
import type { SmoothPiece } from './lowered';

/** One channel whose only constraints are its moments. */
export interface MomentGroup {
  readonly entries: Int32Array;
  readonly mean: number | undefined;
  readonly std: readonly [number, number] | undefined;
  readonly correlation: SmoothPiece | undefined;
}

/**
 * The channels of a problem whose smooth functions are a standard deviation and an autocorrelation at most, with no linear
 * constraint on their entries except their mean: these have an exact projection. Undefined if any smooth function is not so.
 */
export function momentGroups({ linear, sample, lowered, map }: SampleProblem): MomentGroup[] | undefined {
  if (map.uniform === undefined) return undefined;
  const { scale } = map.uniform;
  const channels = new Map<number, SmoothPiece[]>();
  for (const piece of lowered.smooth) {
    if (piece.kind !== 'std' && piece.kind !== 'autocorrelation') return undefined;
    const key = piece.entries[0]!;
    channels.set(key, [...(channels.get(key) ?? []), piece]);
  }
  const groups: MomentGroup[] = [];
  for (const pieces of channels.values()) {
    const deviations = pieces.filter(({ kind }) => kind === 'std');
    const correlations = pieces.filter(({ kind }) => kind === 'autocorrelation');
    if (deviations.length > 1 || correlations.length > 1) return undefined;
    const { entries } = pieces[0]!;
    const mean = meanOf(entries, { linear, sample });
    if (mean === 'other') return undefined;
    const [deviation] = deviations;
    const size = Math.abs(scale);
    groups.push({
      entries,
      mean,
      std:
        deviation === undefined ? undefined : [Math.max(0, deviation.lower / size), deviation.upper / size],
      correlation: correlations[0],
    });
  }
  return groups;
}

/** The mean that a single equality row over exactly these entries asks for, undefined if nothing does, else 'other'. */
function meanOf(
  entries: Int32Array,
  { linear, sample }: Pick<SampleProblem, 'linear' | 'sample'>,
): number | undefined | 'other' {
  const { all, size, lower, upper, rowLower, rowUpper } = linear;
  for (const entry of entries)
    if (lower[sample * size + entry] !== -Infinity || upper[sample * size + entry] !== Infinity)
      return 'other';
  const own = new Set(entries);
  let mean: number | undefined;
  for (let i = 0; i < all.rows; i++) {
    const row = all.index.subarray(all.starts[i], all.starts[i + 1]);
    const values = all.values.subarray(all.starts[i], all.starts[i + 1]);
    if (!row.some((column) => own.has(column))) continue;
    const at = sample * linear.rows + i;
    const whole = row.length === entries.length && row.every((column) => own.has(column));
    const even = values.every((value) => Math.abs(value - values[0]!) <= 1e-14 * Math.abs(values[0]!));
    if (mean !== undefined || !whole || !even || rowLower[at] !== rowUpper[at]) return 'other';
    mean = rowUpper[at]! / (values[0]! * entries.length);
  }
  return mean;
}

/** Projects the group's entries of x in place. */
export function projectMomentGroup(
  { entries, mean, std, correlation }: MomentGroup,
  x: Float64Array,
  basisOf: (length: number, lag: number) => ShiftBasis,
): void {
  const z = Float64Array.from(entries, (entry) => x[entry]!);
  const targets: MomentTargets = {
    mean,
    std,
    autocorrelation:
      correlation === undefined
        ? undefined
        : {
            lower: correlation.lower,
            upper: correlation.upper,
            lag: correlation.lag!,
            basis: basisOf(entries.length, correlation.lag!),
          },
  };
  projectMoments(z, targets);
  entries.forEach((entry, t) => (x[entry] = z[t]!));
}
