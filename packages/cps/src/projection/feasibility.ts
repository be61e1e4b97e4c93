import { LabError } from '@lab/tensor-core/errors';
import { conflict, type LinearProgram } from './linear-program';
import { projectSample, type LinearBuffers } from './linear-project';
import { hardMode } from './penalty';
import type { ProgramSet } from './programs';
import { measure } from './violations';

/**
 * Looks for a point that satisfies the linear constraints of every sample, before any model is called. Where there is none, the
 * multipliers grow along a combination of rows that no point can satisfy (Farkas); its members are named.
 */
export function refuseInfeasible(set: ProgramSet, buffers: LinearBuffers): void {
  for (const program of set.programs) {
    const { linear } = program;
    if (linear.rows === 0) continue;
    for (let sample = 0; sample < linear.samples; sample++) {
      const x = startingPoint(linear, sample);
      const multipliers = new Float64Array(linear.rows);
      const outcome = projectSample(
        linear,
        { x, sample },
        { mode: hardMode, tolerance: 1e-10, buffers, multipliers },
      );
      const { greatest } = measure({ ...program, general: undefined }, { x, sample, tolerance: 0 });
      if (greatest <= 1e-7 && outcome.status !== 'infeasible') continue;
      const names = contradicting(program.linear, { x, sample, multipliers, names: set.names });
      throw new LabError('infeasible', `${conflict(names)}: no series satisfies them all`, {
        received: {
          sample: set.batch === undefined ? 'any' : sampleOf(set, program, sample),
          remaining: greatest,
        },
        hint: 'relax or leave out one of them',
      });
    }
  }
}

/** Inside the bounds where there are any, so that the multipliers tell of rows and not of a far start. */
function startingPoint({ size, lower, upper }: LinearProgram, sample: number): Float64Array {
  return Float64Array.from({ length: size }, (_, j) => {
    const low = lower[sample * size + j]!;
    const high = upper[sample * size + j]!;
    return Math.min(high, Math.max(low, 0));
  });
}

function sampleOf(set: ProgramSet, program: unknown, sample: number): number {
  for (let b = 0; b < (set.batch ?? 1); b++) {
    const place = set.place(b);
    if (place.program === program && place.sample === sample) return b;
  }
  return -1;
}

/** Names of rows with large multipliers and of the bounds that they push against. */
function contradicting(
  linear: LinearProgram,
  {
    x,
    sample,
    multipliers,
    names,
  }: { x: Float64Array; sample: number; multipliers: Float64Array; names: readonly string[] },
): string[] {
  const { all, size, rowOwner, lowerOwner, upperOwner } = linear;
  const found = new Set<string>();
  const push = new Float64Array(size);
  let most = 0;
  for (let i = 0; i < all.rows; i++)
    most = Math.max(most, Math.abs(multipliers[i]!) * Math.sqrt(all.norm2[i]!));
  for (let i = 0; i < all.rows; i++) {
    for (let e = all.starts[i]!; e < all.starts[i + 1]!; e++)
      push[all.index[e]!]! -= multipliers[i]! * all.values[e]!;
    if (most > 0 && Math.abs(multipliers[i]!) * Math.sqrt(all.norm2[i]!) > 1e-4 * most)
      found.add(names[rowOwner[i]!]!);
  }
  for (let j = 0; j < size; j++) {
    if (Math.abs(push[j]!) <= 1e-4 * most) continue;
    const owner = push[j]! > 0 ? upperOwner[sample * size + j]! : lowerOwner[sample * size + j]!;
    if (owner >= 0) found.add(names[owner]!);
  }
  // Rows that remain violated belong to it even where their multiplier never moved (a row of entries that are all fixed).
  for (let i = 0; i < all.rows; i++) {
    let value = 0;
    for (let e = all.starts[i]!; e < all.starts[i + 1]!; e++) value += all.values[e]! * x[all.index[e]!]!;
    const bounds = sample * linear.rows + i;
    if (value >= linear.rowLower[bounds]! - 1e-7 && value <= linear.rowUpper[bounds]! + 1e-7) continue;
    found.add(names[rowOwner[i]!]!);
    if (multipliers[i] !== 0) continue;
    const above = value > linear.rowUpper[bounds]!;
    for (let e = all.starts[i]!; e < all.starts[i + 1]!; e++) {
      const j = all.index[e]!;
      const owner =
        all.values[e]! > 0 === above ? lowerOwner[sample * size + j]! : upperOwner[sample * size + j]!;
      if (owner >= 0) found.add(names[owner]!);
    }
  }
  return [...found];
}
