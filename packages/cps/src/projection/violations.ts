import type { Array64 } from '@lab/tensor-core/linalg64';
import { rowDot } from './dual-state';
import { measureGeneral } from './general-violation';
import type { Program, ProgramSet } from './programs';

/** One constraint that one sample violates. */
export interface Violation {
  readonly sample: number;
  readonly name: string;
  /** Greatest violation of any of its parts, in the units of x (statistics and custom functions in their own). */
  readonly greatest: number;
  /** Sum over its violated parts. */
  readonly total: number;
}

export interface ViolationReport {
  readonly feasible: boolean;
  readonly tolerance: number;
  /** Share of samples with any violation above the tolerance, 0 to 1. */
  readonly rate: number;
  /** [B], greatest violation of each sample. */
  readonly greatest: Float64Array;
  /** [B], total l1 violation of each sample. */
  readonly total: Float64Array;
  /** Constraints violated beyond the tolerance, sample by sample. */
  readonly violations: readonly Violation[];
}

/** Violations of one sample; marks violated owners, and reports each part to `visit` where given. */
export function measure(
  program: Program,
  {
    x,
    sample,
    tolerance,
    violated,
    visit,
  }: {
    x: Float64Array;
    sample: number;
    tolerance: number;
    violated?: Uint8Array;
    visit?: (owner: number, violation: number) => void;
  },
): { greatest: number; total: number } {
  const { linear } = program;
  let greatest = 0;
  let total = 0;
  const note = (owner: number, violation: number): void => {
    total += violation;
    if (violation > greatest) greatest = violation;
    if (violation > tolerance && violated !== undefined && owner >= 0) violated[owner] = 1;
    visit?.(owner, violation);
  };
  const box = sample * linear.size;
  const { lower, upper, weight, all, rowLower, rowUpper } = linear;
  for (let j = 0; j < linear.size; j++) {
    const value = x[j]!;
    const w = weight === undefined ? 1 : weight[j]!;
    if (value < lower[box + j]!) note(linear.lowerOwner[box + j]!, w * (lower[box + j]! - value));
    else if (value > upper[box + j]!) note(linear.upperOwner[box + j]!, w * (value - upper[box + j]!));
  }
  const bounds = sample * linear.rows;
  for (let i = 0; i < linear.rows; i++) {
    const value = rowDot(all, i, x);
    if (value < rowLower[bounds + i]!) note(linear.rowOwner[i]!, rowLower[bounds + i]! - value);
    else if (value > rowUpper[bounds + i]!) note(linear.rowOwner[i]!, value - rowUpper[bounds + i]!);
  }
  if (program.general !== undefined) measureGeneral(program.general[sample]!, x, note);
  return { greatest, total };
}

/** Looks at every sample and names what is violated. */
export function checkSeries(
  set: ProgramSet,
  x: Array64,
  { samples, tolerance }: { samples: number; tolerance: number },
): ViolationReport {
  const size = set.shape[0] * set.shape[1];
  const greatest = new Float64Array(samples);
  const total = new Float64Array(samples);
  const violations: Violation[] = [];
  let bad = 0;
  for (let b = 0; b < samples; b++) {
    const { program, sample } = set.place(b);
    const most = new Map<number, { greatest: number; total: number }>();
    const measured = measure(program, {
      x: x.data.subarray(b * size, (b + 1) * size),
      sample,
      tolerance,
      visit: (owner, violation) => {
        const before = most.get(owner) ?? { greatest: 0, total: 0 };
        most.set(owner, { greatest: Math.max(before.greatest, violation), total: before.total + violation });
      },
    });
    greatest[b] = measured.greatest;
    total[b] = measured.total;
    if (measured.greatest > tolerance) bad++;
    for (const [owner, of] of most)
      if (of.greatest > tolerance) violations.push({ sample: b, name: set.names[owner]!, ...of });
  }
  return {
    feasible: bad === 0,
    tolerance,
    rate: samples === 0 ? 0 : bad / samples,
    greatest,
    total,
    violations,
  };
}
