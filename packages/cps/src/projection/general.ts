import { proxL1Ball, proxL2Ball } from './closed/balls';
import { shiftBasis, type ShiftBasis } from './closed/autocorrelation';
import { asSmooth } from './ball-function';
import { proxSum } from './dykstra';
import type { BallPiece, Lowered } from './lowered';
import type { LinearProgram } from './linear-program';
import { projectSample, worse, type LinearTask, type SampleOutcome } from './linear-project';
import { momentGroups, projectMomentGroup } from './moment-groups';
import { HARD } from './penalty';
import type { Program } from './programs';
import type { PullBack } from './scale';
import { projectSmooth, type SmoothTemplate } from './sequential';
import { nearestMember } from './unions';

/** What is kept between calls for constraints that are not linear. */
export interface GeneralBuffers {
  /** Weak: members of unions are programs of a moment. */
  readonly templates: WeakMap<LinearProgram, Map<string, SmoothTemplate>>;
  readonly bases: Map<string, ShiftBasis>;
}

export function generalBuffers(): GeneralBuffers {
  return { templates: new WeakMap(), bases: new Map() };
}

export interface GeneralTask extends LinearTask {
  readonly general: GeneralBuffers;
  /** Violation accepted. */
  readonly accept: number;
}

/** One sample with everything that acts on it. */
export interface SampleProblem {
  readonly linear: LinearProgram;
  readonly sample: number;
  readonly lowered: Lowered;
  readonly map: PullBack;
}

/** Projects one sample in place: unions first, then balls and smooth functions beside the linear rows. */
export function projectGeneral(
  program: Program,
  { x, sample, tolerance }: { readonly x: Float64Array; readonly sample: number; readonly tolerance: number },
  task: LinearTask & { readonly general: GeneralBuffers },
): SampleOutcome {
  const pieces = program.general![sample]!;
  const whole: GeneralTask = { ...task, accept: tolerance };
  if (pieces.lowered.unions.length > 0) return nearestMember(program, { x, sample }, whole);
  return projectPieces(
    { linear: program.linear, sample, lowered: pieces.lowered, map: pieces.map },
    x,
    whole,
  );
}

/** Balls and smooth functions beside the linear rows; no unions. */
export function projectPieces(problem: SampleProblem, x: Float64Array, task: GeneralTask): SampleOutcome {
  const { linear, sample, lowered, map } = problem;
  const { smooth, balls } = lowered;
  if (smooth.length === 0 && balls.length === 0) return projectSample(linear, { x, sample }, task);
  if (smooth.length === 0 && map.uniform !== undefined) return projectBalls(problem, x, task);
  const groups = balls.length === 0 && task.mode.kind === HARD ? momentGroups(problem) : undefined;
  if (groups === undefined)
    return projectSmooth(problem, { x, functions: [...smooth, ...balls.map(asSmooth)] }, task);
  const outcome = projectSample(linear, { x, sample }, task);
  for (const group of groups)
    projectMomentGroup(group, x, (length, lag) => basisOf(task.general, { length, lag }));
  return outcome;
}

function basisOf({ bases }: GeneralBuffers, { length, lag }: { length: number; lag: number }): ShiftBasis {
  const key = `${length},${lag}`;
  let basis = bases.get(key);
  if (basis === undefined) bases.set(key, (basis = shiftBasis(length, lag)));
  return basis;
}

/** Balls in coordinates with one factor and shift; alone they have closed forms, beside other things Dykstra's method. */
function projectBalls(problem: SampleProblem, x: Float64Array, task: GeneralTask): SampleOutcome {
  const { linear, sample, lowered, map } = problem;
  const { scale, shift } = map.uniform!;
  const proxes = lowered.balls.map(({ kind, entries, radius }) => {
    const ball = { entries, centre: -shift / scale, radius: radius / Math.abs(scale), mode: task.mode };
    return kind === 'l1'
      ? (z: Float64Array) => proxL1Ball(z, ball)
      : (z: Float64Array) => proxL2Ball(z, ball);
  });
  let outcome: SampleOutcome = { status: 'converged', iterations: 0 };
  const projectRows = (z: Float64Array): void => {
    outcome = projectSample(linear, { x: z, sample }, task);
  };
  if (disjoint(lowered.balls, linear)) {
    projectRows(x);
    for (const prox of proxes) prox(x);
    return outcome;
  }
  const mixed = proxSum(x, [projectRows, ...proxes], { tolerance: task.tolerance, maxSweeps: 20_000 });
  return {
    status: worse(outcome.status, mixed.converged ? 'converged' : 'not-converged'),
    iterations: mixed.sweeps,
  };
}

/** Whether no ball shares an entry with another ball, a row or a bound. */
function disjoint(balls: readonly BallPiece[], { all, lower, upper, size, samples }: LinearProgram): boolean {
  const used = new Uint8Array(size);
  for (const column of all.index) used[column] = 1;
  for (let at = 0; at < samples * size; at++)
    if (lower[at] !== -Infinity || upper[at] !== Infinity) used[at % size] = 1;
  for (const { entries } of balls)
    for (const entry of entries) {
      if (used[entry] === 1) return false;
      used[entry] = 1;
    }
  return true;
}
