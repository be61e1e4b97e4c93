import {
  dualSlope,
  dualValue,
  optimalityGap,
  refresh,
  rowDot,
  sweep,
  type BlockProblem,
  type Workspace,
} from './dual-state';
import { envelopeFactor, envelopeSolve } from './envelope-cholesky';

/** Dependent rows show as pivots below this fraction of their diagonal. */
const pivotFloor = 1e-11;

/** How a Newton step ended. */
type StepOutcome = 'moved' | 'stuck' | 'unbounded';

/**
 * One semismooth Newton step on the dual: the rows at work (multiplier inside its range, or violated) are solved together for
 * the slopes of the bounds at this point, `(G W G' + softness I) d = residual`. The dual is piecewise quadratic, so that the step is
 * exact once the active rows are right; a step that does not lower the dual is shortened.
 *
 * Rows that depend on others at work have no pivot. Where their targets contradict the others', the multipliers move along the null
 * direction until one reaches zero (the ratio test of Goldfarb and Idnani, 1983); if none does, no point satisfies the rows.
 */
export function newtonStep(problem: BlockProblem, lambda: Float64Array, ws: Workspace): StepOutcome {
  const size = gatherActive(problem, lambda, ws);
  if (size === 0) return 'stuck';
  assemble(problem, size, ws);
  const stride = size;
  const { matrix, vector, first, active, direction, trial } = ws;
  envelopeFactor(matrix, { size, stride, first, floor: pivotFloor });
  envelopeSolve(matrix, vector, { size, stride, first });
  direction.fill(0, 0, problem.block.rows);
  for (let a = 0; a < size; a++) direction[active[a]!] = vector[a]!;

  const before = dualValue(problem, lambda, ws);
  const inconsistent = contradiction(problem, size, ws);
  if (inconsistent >= 0) return followNull(problem, lambda, { dependent: inconsistent, size, ws });

  for (let i = 0; i < problem.block.rows; i++)
    trial[i] = clampMultiplier(problem, i, { present: lambda[i]!, next: lambda[i]! + direction[i]! });
  refresh(problem, trial, ws);
  if (dualValue(problem, trial, ws) <= before + 1e-14 * Math.abs(before)) {
    lambda.set(trial.subarray(0, problem.block.rows));
    return 'moved';
  }
  refresh(problem, lambda, ws);
  if (!(dualSlope(problem, lambda, { direction, z: ws.z }) < 0)) return 'stuck';
  return lineSearch(problem, lambda, { limit: longestStep(problem, lambda, direction), start: 1, ws });
}

/** Collects the rows at work and their residuals; positions count rows in block order, so that the envelope stays. */
function gatherActive(problem: BlockProblem, lambda: Float64Array, ws: Workspace): number {
  const { block, mode, rowLower, rowUpper } = problem;
  const { active, vector, z } = ws;
  let size = 0;
  for (let i = 0; i < block.rows; i++) {
    ws.position[i] = size;
    const multiplier = lambda[i]!;
    const value = rowDot(block, i, z) - mode.softness * multiplier;
    let target: number;
    if (multiplier > 0) target = rowUpper[i]!;
    else if (multiplier < 0) target = rowLower[i]!;
    else if (value > rowUpper[i]!) target = rowUpper[i]!;
    else if (value < rowLower[i]!) target = rowLower[i]!;
    else if (rowLower[i]! === rowUpper[i]!) target = rowUpper[i]!;
    else continue;
    const excess = value - target;
    // At its cap and still violated: the multiplier stays there.
    if ((multiplier >= mode.cap && excess >= 0) || (multiplier <= -mode.cap && excess <= 0)) continue;
    active[size] = i;
    vector[size] = excess;
    size++;
  }
  ws.position[block.rows] = size;
  return size;
}

/** The Gram matrix of the rows at work, weighted by the slopes of the bounds; lower triangle within its envelope. */
function assemble(problem: BlockProblem, size: number, ws: Workspace): void {
  const { block, mode } = problem;
  const { starts, index, values } = block;
  const { matrix, spread, slope, active, first, position } = ws;
  for (let a = 0; a < size; a++) {
    const i = active[a]!;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) spread[index[e]!] = values[e]! * slope[index[e]!]!;
    const edge = position[block.firstCoupled[i]!]!;
    first[a] = edge;
    for (let b = edge; b <= a; b++) {
      const k = active[b]!;
      let sum = 0;
      for (let e = starts[k]!; e < starts[k + 1]!; e++) sum += values[e]! * spread[index[e]!]!;
      matrix[a * size + b] = sum;
    }
    const diagonal = matrix[a * size + a]!;
    // A row whose entries all stand at their bounds cannot be moved by this step: no pivot.
    matrix[a * size + a] = diagonal > 1e-9 * block.norm2[i]! ? diagonal + mode.softness : mode.softness;
    for (let e = starts[i]!; e < starts[i + 1]!; e++) spread[index[e]!] = 0;
  }
}

/** Position of a row without pivot whose target the solution of the others misses by far, or -1. */
function contradiction(problem: BlockProblem, size: number, ws: Workspace): number {
  const { block } = problem;
  const { matrix, active, slope, spread, direction, z } = ws;
  let any = false;
  for (let a = 0; a < size && !any; a++) any = matrix[a * size + a] === 0;
  if (!any) return -1;
  spread.fill(0, 0, block.columns);
  for (let a = 0; a < size; a++) {
    const i = active[a]!;
    for (let e = block.starts[i]!; e < block.starts[i + 1]!; e++)
      spread[block.index[e]!]! -= direction[i]! * block.values[e]! * slope[block.index[e]!]!;
  }
  let worst = -1;
  let most = 0;
  for (let a = 0; a < size; a++) {
    if (matrix[a * size + a] !== 0) continue;
    const i = active[a]!;
    const excess = rowDot(block, i, z) - targetOf(problem, i, rowDot(block, i, z)) + rowDot(block, i, spread);
    const scale = Math.sqrt(block.norm2[i]!) * 1e-10 + 1e-9 * Math.abs(rowDot(block, i, z));
    if (Math.abs(excess) > scale && Math.abs(excess) > most) {
      most = Math.abs(excess);
      worst = a;
      ws.vector[0] = excess;
    }
  }
  spread.fill(0, 0, block.columns);
  return worst;
}

function targetOf({ rowLower, rowUpper }: BlockProblem, i: number, value: number): number {
  return Math.abs(value - rowUpper[i]!) <= Math.abs(value - rowLower[i]!) ? rowUpper[i]! : rowLower[i]!;
}

/** Moves along the combination of rows at work that leaves the free entries alone and lowers the dual. */
function followNull(
  problem: BlockProblem,
  lambda: Float64Array,
  { dependent, size, ws }: { dependent: number; size: number; ws: Workspace },
): StepOutcome {
  const { matrix, vector, active, first, direction } = ws;
  const sign = Math.sign(vector[0]!);
  for (let k = 0; k < dependent; k++) vector[k] = k < first[dependent]! ? 0 : -matrix[dependent * size + k]!;
  for (let i = dependent - 1; i >= 0; i--) {
    const value = vector[i]! * matrix[i * size + i]!;
    vector[i] = value;
    for (let k = first[i]!; k < i; k++) vector[k]! -= matrix[i * size + k]! * value;
  }
  direction.fill(0, 0, problem.block.rows);
  for (let k = 0; k < dependent; k++) direction[active[k]!] = sign * vector[k]!;
  direction[active[dependent]!] = sign;
  const limit = longestStep(problem, lambda, direction);
  if (!(limit > 0) || !(dualSlope(problem, lambda, { direction, z: ws.z }) < 0)) return 'stuck';
  return lineSearch(problem, lambda, { limit, start: Math.min(1, limit), ws });
}

function clampMultiplier(
  problem: BlockProblem,
  i: number,
  { present, next }: { present: number; next: number },
): number {
  const { cap } = problem.mode;
  const free = problem.rowLower[i]! === problem.rowUpper[i]!;
  // Crossing zero changes the target from one bound to the other: stop there.
  const crossed = !free && ((present > 0 && next < 0) || (present < 0 && next > 0));
  const wrongSide =
    !free &&
    present === 0 &&
    (next > 0 ? problem.rowUpper[i] === Infinity : problem.rowLower[i] === -Infinity);
  if (crossed || wrongSide) return 0;
  return next > cap ? cap : next < -cap ? -cap : next;
}

/** How far along the direction until a multiplier reaches zero or its cap. */
function longestStep(problem: BlockProblem, lambda: Float64Array, direction: Float64Array): number {
  const { block, mode, rowLower, rowUpper } = problem;
  let limit = Infinity;
  for (let i = 0; i < block.rows; i++) {
    const d = direction[i]!;
    if (d === 0) continue;
    const present = lambda[i]!;
    if (mode.cap < Infinity)
      limit = Math.min(limit, (d > 0 ? mode.cap - present : mode.cap + present) / Math.abs(d));
    if (rowLower[i] === rowUpper[i]) continue;
    if (present > 0 ? d < 0 : present < 0 && d > 0) limit = Math.min(limit, Math.abs(present / d));
    else if (present === 0 && (d > 0 ? rowUpper[i] === Infinity : rowLower[i] === -Infinity)) return 0;
  }
  return limit;
}

/** Goes to the least dual value along the direction, no further than the limit; the dual is convex along it. */
function lineSearch(
  problem: BlockProblem,
  lambda: Float64Array,
  { limit, start, ws }: { limit: number; start: number; ws: Workspace },
): StepOutcome {
  const { direction, trial } = ws;
  const { rows } = problem.block;
  const slopeAt = (step: number): number => {
    for (let i = 0; i < rows; i++) {
      const next = lambda[i]! + step * direction[i]!;
      // The multiplier that stops the step stops at exactly zero.
      trial[i] = Math.abs(next) <= 1e-15 * Math.abs(lambda[i]!) ? 0 : next;
    }
    refresh(problem, trial, ws);
    return dualSlope(problem, trial, { direction, z: ws.z });
  };
  let below = 0;
  let above = Math.min(start, limit);
  while (slopeAt(above) < 0) {
    below = above;
    if (above === limit) break;
    if (above > 1e12) return 'unbounded';
    above = Math.min(limit, above * 8);
  }
  if (below === limit) {
    lambda.set(trial.subarray(0, rows));
    return below > 0 ? 'moved' : 'stuck';
  }
  for (let round = 0; round < 40 && above - below > 1e-3 * above; round++) {
    const middle = (below + above) / 2;
    if (slopeAt(middle) < 0) below = middle;
    else above = middle;
  }
  slopeAt(below > 0 ? below : above);
  if (below === 0) {
    refresh(problem, lambda, ws);
    return 'stuck';
  }
  lambda.set(trial.subarray(0, rows));
  return 'moved';
}

export interface BlockResult {
  readonly status: 'converged' | 'infeasible' | 'not-converged';
  readonly iterations: number;
}

/**
 * The proximal point of one sample on one block: sweeps of coordinate ascent find the rows at work, Newton steps land exactly.
 * On return `ws.z` is the point and `lambda` its multipliers. Both kinds of step lower the same dual, so that sweeps alone would
 * converge and Newton steps only make it finite.
 *
 * @param tolerance greatest violation of a row's optimality, in the row's units
 */
export function solveBlock(
  problem: BlockProblem,
  lambda: Float64Array,
  {
    ws,
    tolerance,
    maxIterations = 4000,
  }: { readonly ws: Workspace; readonly tolerance: number; readonly maxIterations?: number },
): BlockResult {
  refresh(problem, lambda, ws);
  let iterations = 0;
  // A few sweeps at first find most of the rows at work for the price of one Newton step.
  let sweeps = 3;
  while (iterations < maxIterations) {
    for (let s = 0; s < sweeps && iterations < maxIterations; s++) {
      iterations++;
      if (sweep(problem, lambda, ws) <= tolerance) {
        // Updates in place gather rounding; the point handed out is computed afresh.
        refresh(problem, lambda, ws);
        if (optimalityGap(problem, lambda, ws.z) <= tolerance) return { status: 'converged', iterations };
      }
    }
    refresh(problem, lambda, ws);
    const outcome = newtonStep(problem, lambda, ws);
    iterations++;
    if (outcome === 'unbounded') return { status: 'infeasible', iterations };
    if (outcome === 'moved' && optimalityGap(problem, lambda, ws.z) <= tolerance)
      return { status: 'converged', iterations };
    sweeps = outcome === 'moved' ? 1 : Math.min(64, sweeps * 2);
  }
  refresh(problem, lambda, ws);
  return { status: 'not-converged', iterations };
}
