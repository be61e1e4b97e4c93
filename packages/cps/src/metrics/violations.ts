export interface ViolationSummary {
  /** Share of samples whose total violation exceeds the threshold. */
  readonly rate: number;
  /** Mean total violation, the paper's magnitude. */
  readonly mean: number;
  readonly worst: number;
}

export interface ViolationOptions {
  /** Total violation below which a sample counts as satisfying its constraints. @default 0.01 */
  readonly threshold?: number;
}

/** Rate and magnitude of the total violations [n] that a projector reports. A violation that is NaN counts as one. */
export function violationSummary(
  violations: ArrayLike<number>,
  { threshold = 1e-2 }: ViolationOptions = {},
): ViolationSummary {
  const all = Array.from(violations);
  if (all.length === 0) return { rate: 0, mean: 0, worst: 0 };
  return {
    rate: all.filter((value) => !(value <= threshold)).length / all.length,
    mean: all.reduce((sum, value) => sum + value, 0) / all.length,
    worst: all.reduce((most, value) => (value > most || Number.isNaN(value) ? value : most), 0),
  };
}
