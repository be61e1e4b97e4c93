import { projectAffine } from './affine';
import { boxProx } from './box-prox';
import { projectClosed } from './closed/closed-form';
import { solveBlock } from './dual-newton';
import { workspace, type BlockProblem, type Workspace } from './dual-state';
import type { LinearBlock, LinearProgram } from './linear-program';
import { projectOneRow } from './one-row';
import { HARD, type Mode } from './penalty';

/** Buffers of a projector, sized for its greatest block and used for one sample and block at a time. */
export interface LinearBuffers {
  readonly ws: Workspace;
  readonly x: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly weight: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly lambda: Float64Array;
  readonly counts: Int32Array;
}

export function linearBuffers(programs: readonly LinearProgram[]): LinearBuffers {
  let rows = 1;
  let columns = 1;
  for (const { blocks, size } of programs) {
    columns = Math.max(columns, size);
    for (const { block } of blocks) rows = Math.max(rows, block.rows);
  }
  return {
    ws: workspace(rows, columns),
    x: new Float64Array(columns),
    lower: new Float64Array(columns),
    upper: new Float64Array(columns),
    weight: new Float64Array(columns),
    rowLower: new Float64Array(rows),
    rowUpper: new Float64Array(rows),
    lambda: new Float64Array(rows),
    counts: new Int32Array(columns + 1),
  };
}

export type SolverStatus = 'converged' | 'infeasible' | 'not-converged';

/** What one sample's projection came to. */
export interface SampleOutcome {
  status: SolverStatus;
  iterations: number;
}

export interface LinearTask {
  readonly mode: Mode;
  /** Accepted departure from optimality, in the units of rows. */
  readonly tolerance: number;
  readonly buffers: LinearBuffers;
  /** Where the multipliers start and are left, [rows]. */
  readonly multipliers: Float64Array;
}

/** Projects one sample in place. `sample` is its place among the program's samples (0 when they share bounds). */
export function projectSample(
  program: LinearProgram,
  { x, sample }: { readonly x: Float64Array; readonly sample: number },
  task: LinearTask,
): SampleOutcome {
  const outcome: SampleOutcome = { status: 'converged', iterations: 0 };
  const box = sample * program.size;
  projectFree(program, { x, box }, task);
  for (const block of program.blocks) projectBlock(program, { block, x, sample, outcome }, task);
  return outcome;
}

/** Entries that have bounds and no rows. */
function projectFree(
  { free, lower, upper, weight }: LinearProgram,
  { x, box }: { x: Float64Array; box: number },
  { mode, buffers }: LinearTask,
): void {
  const count = free.length;
  if (mode.kind === HARD) {
    for (let f = 0; f < count; f++) {
      const j = free[f]!;
      const value = x[j]!;
      const low = lower[box + j]!;
      const high = upper[box + j]!;
      x[j] = value < low ? low : value > high ? high : value;
    }
    return;
  }
  const { x: y, lower: low, upper: high, weight: scaled, ws } = buffers;
  for (let f = 0; f < count; f++) {
    const j = free[f]!;
    y[f] = x[j]!;
    low[f] = lower[box + j]!;
    high[f] = upper[box + j]!;
    scaled[f] = weight === undefined ? 1 : weight[j]!;
  }
  boxProx(y, { lower: low, upper: high, weight: scaled }, { z: ws.z, slope: ws.slope, count }, mode);
  for (let f = 0; f < count; f++) x[free[f]!] = ws.z[f]!;
}

function projectBlock(
  program: LinearProgram,
  {
    block,
    x,
    sample,
    outcome,
  }: { block: LinearBlock; x: Float64Array; sample: number; outcome: SampleOutcome },
  { mode, tolerance, buffers, multipliers }: LinearTask,
): void {
  const { columns, rowOf, closed, affine } = block;
  const { ws, x: local, lower, upper, weight, rowLower, rowUpper, lambda } = buffers;
  const box = sample * program.size;
  const bounds = sample * program.rows;
  for (let j = 0; j < columns.length; j++) local[j] = x[columns[j]!]!;
  const hard = mode.kind === HARD;
  if (hard && closed !== undefined) {
    const margin = program.rowLower[bounds + rowOf[0]!]!;
    projectClosed(closed, local, { margin, level: ws.y, weight: buffers.counts });
    for (let j = 0; j < columns.length; j++) x[columns[j]!] = local[j]!;
    return;
  }
  for (let i = 0; i < rowOf.length; i++) {
    rowLower[i] = program.rowLower[bounds + rowOf[i]!]!;
    rowUpper[i] = program.rowUpper[bounds + rowOf[i]!]!;
  }
  if (hard && affine !== undefined) {
    projectAffine(block.block, affine, { x: local, target: rowUpper, lambda, vector: ws.vector });
    for (let j = 0; j < columns.length; j++) x[columns[j]!] = local[j]!;
    for (let i = 0; i < rowOf.length; i++) multipliers[rowOf[i]!] = lambda[i]!;
    if (affine.kept.length < rowOf.length) checkDropped(block, { local, rowUpper, outcome });
    return;
  }
  for (let j = 0; j < columns.length; j++) {
    lower[j] = program.lower[box + columns[j]!]!;
    upper[j] = program.upper[box + columns[j]!]!;
    if (program.weight !== undefined) weight[j] = program.weight[columns[j]!]!;
  }
  for (let i = 0; i < rowOf.length; i++) {
    const cap = mode.cap;
    const start = multipliers[rowOf[i]!]!;
    lambda[i] = start > cap ? cap : start < -cap ? -cap : start;
  }
  const problem: BlockProblem = {
    block: block.block,
    x: local,
    lower,
    upper,
    weight: program.weight === undefined ? undefined : weight,
    rowLower,
    rowUpper,
    mode,
  };
  const result =
    rowOf.length === 1 ? projectOneRow(problem, lambda, ws) : solveBlock(problem, lambda, { ws, tolerance });
  outcome.status = worse(outcome.status, result.status);
  outcome.iterations = Math.max(outcome.iterations, result.iterations);
  for (let j = 0; j < columns.length; j++) x[columns[j]!] = ws.z[j]!;
  for (let i = 0; i < rowOf.length; i++) multipliers[rowOf[i]!] = lambda[i]!;
}

/** Equality rows that depend on the kept ones hold at the solution, or contradict them. */
function checkDropped(
  { block }: LinearBlock,
  { local, rowUpper, outcome }: { local: Float64Array; rowUpper: Float64Array; outcome: SampleOutcome },
): void {
  for (let i = 0; i < block.rows; i++) {
    let sum = -rowUpper[i]!;
    for (let e = block.starts[i]!; e < block.starts[i + 1]!; e++)
      sum += block.values[e]! * local[block.index[e]!]!;
    if (Math.abs(sum) > 1e-9 * Math.max(1, Math.abs(rowUpper[i]!))) outcome.status = 'infeasible';
  }
}

const order: readonly SolverStatus[] = ['converged', 'not-converged', 'infeasible'];

export function worse(a: SolverStatus, b: SolverStatus): SolverStatus {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
