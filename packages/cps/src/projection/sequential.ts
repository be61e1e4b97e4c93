import { LabError } from '@lab/tensor-core/errors';
import { augmentedLagrangian } from './augmented-lagrangian';
import { boxCharge } from './box-prox';
import { solveBlock } from './dual-newton';
import { rowDot, workspace, type BlockProblem, type Workspace } from './dual-state';
import type { GeneralTask, SampleProblem } from './general';
import type { LinearProgram } from './linear-program';
import type { SampleOutcome } from './linear-project';
import type { SmoothPiece } from './lowered';
import { HARD, L1, hardMode, type Mode } from './penalty';
import { rowBlock, type RowBlock } from './row-block';
import type { PullBack } from './scale';

/** Linear rows with room for linearised functions behind them, and the buffers to solve them; shared by samples. */
export interface SmoothTemplate {
  readonly block: RowBlock;
  readonly linearRows: number;
  /** Neighbours whose difference must keep its sign for a function to stay linear; a row each, behind the functions. */
  readonly kinks: readonly (readonly [number, number])[];
  readonly ws: Workspace;
  readonly lambda: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly raw: Float64Array;
  readonly rawGradient: Float64Array;
  readonly gradient: Float64Array;
}

/** One sample's functions, evaluated in the coordinates x. */
export interface Evaluated {
  readonly values: Float64Array;
  /** Violation of the functions alone, l1. */
  violation(): number;
}

const maxRounds = 80;

/**
 * The proximal point for constraints that are not linear, in place: sequential quadratic programming with the identity for Hessian.
 * Each round linearises the functions at z and solves for the point nearest to x (not to z) exactly; steps are halved until the
 * merit falls. Quadratic where the constraints bend little over the distance moved, linear otherwise.
 *
 * If rounds end before the tolerance, the last point is carried to the set by the same steps from z itself (Newton's method on
 * feasibility), and if that fails too by an augmented Lagrangian. The outcome says whether the point is feasible.
 */
export function projectSmooth(
  problem: SampleProblem,
  { x, functions }: { readonly x: Float64Array; readonly functions: readonly SmoothPiece[] },
  task: GeneralTask,
): SampleOutcome {
  const template = templateOf(problem, { functions, task });
  const solver = smoothSolver(problem, { functions, template, mode: task.mode });
  const from = Float64Array.from(x);
  const z = Float64Array.from(x);
  solver.leaveStationary(z);
  let iterations = solver.approach(from, z, { tolerance: task.tolerance });
  if (task.mode.kind !== HARD) {
    x.set(z);
    return { status: 'converged', iterations };
  }
  for (let attempt = 0; attempt < 2 && solver.infeasibility(z) > task.accept; attempt++) {
    if (attempt === 1) iterations += augmentedLagrangian({ from, z, solver });
    iterations += solver.restore(z, { tolerance: task.tolerance });
  }
  x.set(z);
  return { status: solver.infeasibility(z) <= task.accept ? 'converged' : 'not-converged', iterations };
}

function templateOf(
  { linear, map }: SampleProblem,
  { functions, task }: { functions: readonly SmoothPiece[]; task: GeneralTask },
): SmoothTemplate {
  let templates = task.general.templates.get(linear);
  if (templates === undefined)
    task.general.templates.set(linear, (templates = new Map<string, SmoothTemplate>()));
  const local = map.uniform !== undefined;
  const key = functions.map(({ entries }) => (local ? `${entries[0]!}+${entries.length}` : 'all')).join(';');
  let template = templates.get(key);
  if (template !== undefined) return template;
  const everything = Int32Array.from({ length: linear.size }, (_, j) => j);
  const rows = Array.from({ length: linear.rows }, (_, i) => ({
    columns: linear.all.index.subarray(linear.all.starts[i], linear.all.starts[i + 1]),
    values: linear.all.values.subarray(linear.all.starts[i], linear.all.starts[i + 1]),
  }));
  const dense = functions.map(({ entries }) => {
    const columns = local ? entries : everything;
    return { columns, values: new Float64Array(columns.length) };
  });
  const kinks = local ? functions.flatMap(signPairs) : [];
  const pairs = kinks.map((pair) => ({ columns: pair, values: [-1, 1] }));
  const count = rows.length + dense.length + pairs.length;
  template = {
    block: rowBlock([...rows, ...dense, ...pairs], linear.size),
    linearRows: rows.length,
    kinks,
    ws: workspace(count, linear.size),
    lambda: new Float64Array(count),
    rowLower: new Float64Array(count),
    rowUpper: new Float64Array(count),
    raw: new Float64Array(linear.size),
    rawGradient: new Float64Array(linear.size),
    gradient: new Float64Array(linear.size),
  };
  templates.set(key, template);
  return template;
}

function signPairs({ kind, entries }: SmoothPiece): [number, number][] {
  if (kind !== 'steps') return [];
  return Array.from({ length: entries.length - 1 }, (_, t) => [entries[t]!, entries[t + 1]!]);
}

/** The steps of the method on one sample. */
export interface SmoothSolver {
  /** Moves z to the proximal point of `from`; returns rounds. */
  approach(from: Float64Array, z: Float64Array, options: { readonly tolerance: number }): number;
  /** Moves z to the set, near where it is; returns rounds. */
  restore(z: Float64Array, options: { readonly tolerance: number }): number;
  /** Greatest violation of anything. */
  infeasibility(z: Float64Array): number;
  /** Pushes z off a point where a violated function has no gradient (a constant series). */
  leaveStationary(z: Float64Array): void;
  /** Value and x gradient of function f. */
  evaluate(f: number, z: Float64Array, gradient: Float64Array): number;
  readonly functions: readonly SmoothPiece[];
  readonly linear: LinearProgram;
  readonly sample: number;
}

function smoothSolver(
  { linear, sample, map }: SampleProblem,
  { functions, template, mode }: { functions: readonly SmoothPiece[]; template: SmoothTemplate; mode: Mode },
): SmoothSolver {
  const { block, linearRows, kinks, ws, lambda, rowLower, rowUpper } = template;
  const { size } = linear;
  const box = sample * size;
  const lower = linear.lower.subarray(box, box + size);
  const upper = linear.upper.subarray(box, box + size);
  rowLower.set(linear.rowLower.subarray(sample * linear.rows, (sample + 1) * linear.rows));
  rowUpper.set(linear.rowUpper.subarray(sample * linear.rows, (sample + 1) * linear.rows));
  lambda.fill(0);
  const values = new Float64Array(functions.length);
  const locals = functions.map(({ entries }) => ({
    z: new Float64Array(entries.length),
    gradient: new Float64Array(entries.length),
  }));
  const trial = new Float64Array(size);
  const signs = kinks.map(() => 0);

  /** Keeps differences on the side of zero where they are, so that a sum of absolute steps is linear; free for `false`. */
  function holdSigns(z: Float64Array, hold: boolean): void {
    kinks.forEach(([early, late], k) => {
      const row = linearRows + functions.length + k;
      const change = z[late]! - z[early]!;
      if (change !== 0) signs[k] = Math.sign(change);
      const sign = hold ? signs[k]! : 0;
      rowLower[row] = sign > 0 ? 0 : -Infinity;
      rowUpper[row] = sign < 0 ? 0 : Infinity;
    });
  }

  function evaluate(f: number, z: Float64Array, gradient: Float64Array | undefined): number {
    toRaw(map, z, template.raw);
    const piece = functions[f]!;
    const local = locals[f]!;
    piece.entries.forEach((entry, e) => (local.z[e] = template.raw[entry]!));
    const value = piece.evaluate(local.z, local.gradient);
    if (!Number.isFinite(value))
      throw new LabError('numeric', 'a constraint function returned a value that is not a finite number', {
        received: String(value),
      });
    if (gradient !== undefined) {
      template.rawGradient.fill(0);
      piece.entries.forEach((entry, e) => {
        template.rawGradient[entry] = local.gradient[e]! * (map.logarithmic ? template.raw[entry]! : 1);
      });
      map.chain(template.rawGradient, gradient);
    }
    return value;
  }

  /** Puts the functions' tangents at z behind the linear rows. */
  function linearise(z: Float64Array): void {
    for (let f = 0; f < functions.length; f++) {
      const { gradient } = template;
      const value = evaluate(f, z, gradient);
      const row = linearRows + f;
      let norm2 = 0;
      let along = 0;
      for (let e = block.starts[row]!; e < block.starts[row + 1]!; e++) {
        const slope = gradient[block.index[e]!]!;
        block.values[e] = slope;
        norm2 += slope * slope;
        along += slope * z[block.index[e]!]!;
      }
      block.norm2[row] = norm2;
      values[f] = value;
      // A function without a slope here cannot be moved by this round.
      rowLower[row] = norm2 > 0 ? functions[f]!.lower - value + along : -Infinity;
      rowUpper[row] = norm2 > 0 ? functions[f]!.upper - value + along : Infinity;
      if (!(norm2 > 0)) block.norm2[row] = 1;
    }
  }

  /** The point nearest to `from` on the linear rows and the tangents at z. */
  function solve(
    from: Float64Array,
    { z, tolerance, hard }: { z: Float64Array; tolerance: number; hard: boolean },
  ): Float64Array {
    const quadratic: BlockProblem = {
      block,
      x: from,
      lower,
      upper,
      weight: linear.weight,
      rowLower,
      rowUpper,
      mode: hard ? hardMode : mode,
    };
    holdSigns(z, hard);
    const { status } = solveBlock(quadratic, lambda, { ws, tolerance, maxIterations: 200 });
    if (status !== 'converged' && hard && kinks.length > 0) {
      // No such point without a change of sign: let them change.
      holdSigns(z, false);
      lambda.fill(0);
      solveBlock(quadratic, lambda, { ws, tolerance, maxIterations: 200 });
    }
    return ws.z;
  }

  function merit(from: Float64Array, z: Float64Array, weights: Float64Array): number {
    let sum = 0;
    for (let j = 0; j < size; j++) {
      sum += 0.5 * (z[j]! - from[j]!) ** 2;
      sum += boxCharge(
        z[j]!,
        lower[j]!,
        upper[j]!,
        linear.weight === undefined ? 1 : linear.weight[j]!,
        mode,
      );
    }
    const charge = (violation: number): number =>
      mode.kind === L1 ? mode.cap * violation : 0.5 * mode.gamma * violation * violation;
    if (mode.kind !== HARD)
      for (let i = 0; i < linearRows; i++)
        sum += charge(outside(rowDot(block, i, z), rowLower[i]!, rowUpper[i]!));
    functions.forEach((piece, f) => {
      const violation = outside(evaluate(f, z, undefined), piece.lower, piece.upper);
      sum += mode.kind === HARD ? weights[f]! * violation : charge(violation);
    });
    return sum;
  }

  function approach(
    from: Float64Array,
    z: Float64Array,
    { tolerance }: { readonly tolerance: number },
  ): number {
    const weights = new Float64Array(functions.length);
    let first = true;
    for (let round = 1; round <= maxRounds; round++) {
      linearise(z);
      const w = Float64Array.from(solve(from, { z, tolerance, hard: mode.kind === HARD }));
      let moved = 0;
      let reach = 1;
      for (let j = 0; j < size; j++) {
        moved = Math.max(moved, Math.abs(w[j]! - z[j]!));
        reach = Math.max(reach, Math.abs(z[j]!));
      }
      functions.forEach(
        (_, f) => (weights[f] = Math.max(weights[f]!, 1.5 * Math.abs(lambda[linearRows + f]!) + 1e-3)),
      );
      if (moved <= 1e-12 * reach) return round;
      // The first round lands on the linear rows; from there on steps keep to them.
      const start = first ? Infinity : merit(from, z, weights);
      let step = 1;
      for (; step > 1e-4; step /= 2) {
        for (let j = 0; j < size; j++) trial[j] = z[j]! + step * (w[j]! - z[j]!);
        if (merit(from, trial, weights) < start) break;
      }
      if (step <= 1e-4) return round;
      z.set(trial);
      first = false;
    }
    return maxRounds;
  }

  function infeasibility(z: Float64Array): number {
    let most = 0;
    for (let j = 0; j < size; j++) most = Math.max(most, outside(z[j]!, lower[j]!, upper[j]!));
    for (let i = 0; i < linearRows; i++)
      most = Math.max(most, outside(rowDot(block, i, z), rowLower[i]!, rowUpper[i]!));
    functions.forEach((piece, f) => {
      most = Math.max(most, outside(evaluate(f, z, undefined), piece.lower, piece.upper));
    });
    return most;
  }

  function restore(z: Float64Array, { tolerance }: { readonly tolerance: number }): number {
    for (let round = 1; round <= 40; round++) {
      const before = infeasibility(z);
      if (before <= tolerance) return round;
      lambda.fill(0);
      linearise(z);
      const w = Float64Array.from(solve(z, { z, tolerance, hard: true }));
      let step = 1;
      for (; step > 1e-3; step /= 2) {
        for (let j = 0; j < size; j++) trial[j] = z[j]! + step * (w[j]! - z[j]!);
        if (infeasibility(trial) < before) break;
      }
      if (step <= 1e-3) return round;
      z.set(trial);
    }
    return 40;
  }

  function leaveStationary(z: Float64Array): void {
    functions.forEach((piece, f) => {
      const { gradient } = template;
      const value = evaluate(f, z, gradient);
      if (outside(value, piece.lower, piece.upper) === 0 || gradient.some((slope) => slope !== 0)) return;
      // Every direction is as good as any other to first order; a fixed one keeps the result reproducible.
      const columns = block.index.subarray(block.starts[linearRows + f], block.starts[linearRows + f + 1]);
      columns.forEach(
        (j, e) => (z[j]! += 1e-3 * Math.cos((Math.PI * (e + 0.5)) / columns.length) + 1e-4 * Math.cos(e * e)),
      );
    });
  }

  return { approach, restore, infeasibility, leaveStationary, evaluate, functions, linear, sample };
}

function toRaw(map: PullBack, z: Float64Array, raw: Float64Array): void {
  map.toRaw(z, raw);
}

/** Distance from an interval. */
export function outside(value: number, lower: number, upper: number): number {
  return value < lower ? lower - value : value > upper ? value - upper : 0;
}
