import { boxCharge, boxProx, boxProxOne } from './box-prox';
import type { Mode } from './penalty';
import type { RowBlock } from './row-block';

/** One sample's problem on a block: the point, its bounds, its rows' bounds. All arrays belong to the caller. */
export interface BlockProblem {
  readonly block: RowBlock;
  readonly x: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly weight?: Float64Array | undefined;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly mode: Mode;
}

/** Buffers for blocks of up to so many rows and columns; one serves every block and sample of a projector in turn. */
export interface Workspace {
  readonly y: Float64Array;
  readonly z: Float64Array;
  readonly slope: Float64Array;
  readonly spread: Float64Array;
  readonly direction: Float64Array;
  readonly trial: Float64Array;
  readonly vector: Float64Array;
  readonly matrix: Float64Array;
  readonly active: Int32Array;
  readonly first: Int32Array;
  readonly position: Int32Array;
}

export function workspace(rows: number, columns: number): Workspace {
  return {
    y: new Float64Array(columns),
    z: new Float64Array(columns),
    slope: new Float64Array(columns),
    spread: new Float64Array(columns),
    direction: new Float64Array(rows),
    trial: new Float64Array(rows),
    vector: new Float64Array(rows),
    matrix: new Float64Array(rows * rows),
    active: new Int32Array(rows),
    first: new Int32Array(rows),
    position: new Int32Array(rows + 1),
  };
}

/** Row i of the block times a vector over its columns. */
export function rowDot(block: RowBlock, i: number, vector: Float64Array): number {
  let sum = 0;
  for (let e = block.starts[i]!; e < block.starts[i + 1]!; e++)
    sum += block.values[e]! * vector[block.index[e]!]!;
  return sum;
}

/** y = x - G' lambda and z = the bounds' proximal point of y, with its slopes. */
export function refresh(problem: BlockProblem, lambda: Float64Array, ws: Workspace): void {
  const { block, x, mode } = problem;
  const { starts, index, values } = block;
  const y = ws.y;
  for (let j = 0; j < block.columns; j++) y[j] = x[j]!;
  for (let i = 0; i < block.rows; i++) {
    const multiplier = lambda[i]!;
    if (multiplier === 0) continue;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) y[index[e]!]! -= multiplier * values[e]!;
  }
  boxProx(y, problem, { z: ws.z, slope: ws.slope, count: block.columns }, mode);
}

/** The multiplier that solves row i alone for curvature `curvature`, given the row's value at the present multiplier. */
export function rowUpdate(
  problem: BlockProblem,
  i: number,
  { value, present, curvature }: { value: number; present: number; curvature: number },
): number {
  const { softness, cap } = problem.mode;
  const scaled = value - softness * present;
  const up = present + (scaled - problem.rowUpper[i]!) / curvature;
  if (up > 0) return up < cap ? up : cap;
  const low = present + (scaled - problem.rowLower[i]!) / curvature;
  return low < 0 ? (low > -cap ? low : -cap) : 0;
}

/**
 * One sweep of capped dual coordinate ascent over the rows (Hildreth, 1957; with a cap for l1 and extra curvature for quadratic
 * penalties). The squared norm bounds the curvature whatever the bounds do, so that the dual never gets worse.
 *
 * @returns the greatest change of a row's value, 0 at the solution
 */
export function sweep(problem: BlockProblem, lambda: Float64Array, ws: Workspace): number {
  const { block, lower, upper, weight, mode } = problem;
  const { starts, index, values, norm2 } = block;
  const { y, z } = ws;
  let most = 0;
  for (let i = 0; i < block.rows; i++) {
    const present = lambda[i]!;
    const curvature = norm2[i]! + mode.softness;
    const next = rowUpdate(problem, i, { value: rowDot(block, i, z), present, curvature });
    const change = next - present;
    if (change === 0) continue;
    lambda[i] = next;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) {
      const j = index[e]!;
      y[j]! -= change * values[e]!;
      z[j] = boxProxOne(y[j]!, lower[j]!, upper[j]!, weight === undefined ? 1 : weight[j]!, mode);
    }
    most = Math.max(most, Math.abs(change) * curvature);
  }
  return most;
}

/** How far the multipliers are from solving every row at once, in units of the rows. Needs a fresh z. */
export function optimalityGap(problem: BlockProblem, lambda: Float64Array, z: Float64Array): number {
  const { block, mode } = problem;
  let most = 0;
  for (let i = 0; i < block.rows; i++) {
    const present = lambda[i]!;
    const curvature = block.norm2[i]! + mode.softness;
    const next = rowUpdate(problem, i, { value: rowDot(block, i, z), present, curvature });
    most = Math.max(most, Math.abs(next - present) * curvature);
  }
  return most;
}

/** The dual objective, to be made least. Needs fresh y and z. */
export function dualValue(problem: BlockProblem, lambda: Float64Array, ws: Workspace): number {
  const { block, x, lower, upper, weight, mode, rowLower, rowUpper } = problem;
  let value = 0;
  for (let i = 0; i < block.rows; i++) {
    const multiplier = lambda[i]!;
    if (multiplier === 0) continue;
    value += multiplier * (multiplier > 0 ? rowUpper[i]! : rowLower[i]!);
    value += 0.5 * mode.softness * multiplier * multiplier;
  }
  for (let j = 0; j < block.columns; j++) {
    const z = ws.z[j]!;
    const moved = z - x[j]!;
    value -= 0.5 * moved * moved + (x[j]! - ws.y[j]!) * z;
    value -= boxCharge(z, lower[j]!, upper[j]!, weight === undefined ? 1 : weight[j]!, mode);
  }
  return value;
}

/** Derivative of the dual objective at `lambda` along a direction. Needs a fresh z; the sign of a zero multiplier is the direction's. */
export function dualSlope(
  problem: BlockProblem,
  lambda: Float64Array,
  { direction, z }: { direction: Float64Array; z: Float64Array },
): number {
  const { block, mode, rowLower, rowUpper } = problem;
  let slope = 0;
  for (let i = 0; i < block.rows; i++) {
    const d = direction[i]!;
    if (d === 0) continue;
    const multiplier = lambda[i]!;
    const up = multiplier > 0 || (multiplier === 0 && d > 0);
    slope += d * ((up ? rowUpper[i]! : rowLower[i]!) + mode.softness * multiplier - rowDot(block, i, z));
  }
  return slope;
}
