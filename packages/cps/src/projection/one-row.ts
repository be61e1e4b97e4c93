import { boxProx } from './box-prox';
import type { BlockResult } from './dual-newton';
import { rowDot, type BlockProblem, type Workspace } from './dual-state';
import { HARD, L1, type Mode } from './penalty';

/**
 * Bounds on entries and one row over them (a mean, a total, a simplex): z(nu) = boxProx(x - nu a) and the scalar nu solves
 * a . z(nu) - softness nu = b within the cap. The left side falls in nu piece by piece, so that Newton's method kept inside a
 * bracket ends after a few pieces; where it is flat it jumps to the next kink.
 *
 * On return `ws.z` is the point and `lambda[0]` is nu.
 */
export function projectOneRow(problem: BlockProblem, lambda: Float64Array, ws: Workspace): BlockResult {
  const { mode, rowLower, rowUpper } = problem;
  const low = rowLower[0]!;
  const high = rowUpper[0]!;
  let nu = lambda[0]!;
  let iterations = 1;
  let value = evaluate(problem, nu, ws);
  // Which of the two bounds is at work follows from the row's value without a multiplier.
  if (low !== high) {
    const unpushed = nu === 0 ? value : evaluate(problem, 0, ws);
    if (unpushed >= low && unpushed <= high) {
      lambda[0] = 0;
      return { status: 'converged', iterations };
    }
    if (unpushed > high ? nu < 0 : nu > 0) nu = 0;
    value = evaluate(problem, nu, ws);
    return finish(unpushed > high ? high : low);
  }
  return finish(high);

  function finish(target: number): BlockResult {
    let below = -mode.cap;
    let above = mode.cap;
    for (; iterations < 200; iterations++) {
      const excess = value - target;
      if (excess === 0) break;
      // The row's value falls as nu rises.
      if (excess > 0) {
        below = nu;
        if (nu >= mode.cap) break;
      } else {
        above = nu;
        if (nu <= -mode.cap) break;
      }
      const slope = slopeOf(problem, ws) + mode.softness;
      let next: number;
      if (slope > 1e-12 * problem.block.norm2[0]!) next = nu + excess / slope;
      else {
        next = nextKink(problem, { nu, up: excess > 0, ws });
        if (!Number.isFinite(next)) {
          if (mode.cap < Infinity) next = excess > 0 ? mode.cap : -mode.cap;
          else {
            // Every entry stands at its bound: the target is out of reach, unless rounding is all that is missing.
            lambda[0] = nu;
            const missing = Math.abs(excess) > 1e-12 * Math.max(1, Math.abs(target));
            return { status: missing ? 'infeasible' : 'converged', iterations };
          }
        }
      }
      // Rounding of the row's sum is all that is left, or all that a step would change.
      if (next === nu || Math.abs(excess) <= 1e-16 * Math.max(1, Math.abs(target))) break;
      if (next >= above)
        next = above === mode.cap ? above : Number.isFinite(below) ? (below + above) / 2 : next;
      if (next <= below)
        next = below === -mode.cap ? below : Number.isFinite(above) ? (below + above) / 2 : next;
      const before = nu;
      nu = next;
      value = evaluate(problem, nu, ws);
      if (
        Math.abs(excess) < 1e-12 * Math.max(1, Math.abs(target)) &&
        Math.abs(value - target) >= Math.abs(excess)
      ) {
        nu = before;
        evaluate(problem, nu, ws);
        break;
      }
    }
    lambda[0] = nu;
    return { status: 'converged', iterations };
  }
}

/** Row value minus softness nu, with z and its slopes left in the workspace. */
function evaluate(problem: BlockProblem, nu: number, ws: Workspace): number {
  const { block, x, mode } = problem;
  const { y, z, slope } = ws;
  for (let j = 0; j < block.columns; j++) y[j] = x[j]!;
  for (let e = 0; e < block.values.length; e++) y[block.index[e]!]! -= nu * block.values[e]!;
  boxProx(y, problem, { z, slope, count: block.columns }, mode);
  return rowDot(block, 0, z) - mode.softness * nu;
}

function slopeOf({ block }: BlockProblem, ws: Workspace): number {
  let sum = 0;
  for (let e = 0; e < block.values.length; e++) sum += block.values[e]! ** 2 * ws.slope[block.index[e]!]!;
  return sum;
}

/** The nearest nu in the direction where some entry leaves its bound; Infinity where none does. */
function nextKink(problem: BlockProblem, { nu, up, ws }: { nu: number; up: boolean; ws: Workspace }): number {
  const { block, lower, upper, weight, mode } = problem;
  let nearest = Infinity;
  for (let e = 0; e < block.values.length; e++) {
    const j = block.index[e]!;
    const a = block.values[e]!;
    const y = ws.y[j]!;
    // y falls with nu where a is positive.
    const falls = a > 0 === up;
    const edge = kink(y, {
      falls,
      low: lower[j]!,
      high: upper[j]!,
      weight: weight === undefined ? 1 : weight[j]!,
      mode,
    });
    // Past the kink by more than rounding, so that the slope there is no longer zero.
    const distance = Math.abs((y - edge) / a) + 1e-14 * (Math.abs(nu) + Math.abs(y / a));
    if (distance < nearest) nearest = distance;
  }
  return up ? nu + nearest : nu - nearest;
}

function kink(
  y: number,
  {
    falls,
    low,
    high,
    weight,
    mode,
  }: { falls: boolean; low: number; high: number; weight: number; mode: Mode },
): number {
  const reach = mode.kind === L1 ? mode.cap * weight : Infinity;
  const edges = mode.kind === HARD ? [low, high] : [low - reach, low, high, high + reach];
  let edge = falls ? -Infinity : Infinity;
  for (const candidate of edges)
    if (falls ? candidate < y && candidate > edge : candidate > y && candidate < edge) edge = candidate;
  return edge;
}
