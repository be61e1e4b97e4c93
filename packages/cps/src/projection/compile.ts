import { isLabError, LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Projector, ProjectOptions, ProjectionReport, SparseRows } from '../constraints/types';
import type { Constraint } from '../constraints/union';
import { buildPrograms, type ProgramSet } from './programs';
import { refuseInfeasible } from './feasibility';
import { generalBuffers, projectGeneral } from './general';
import { linearBuffers, projectSample, worse, type SampleOutcome } from './linear-project';
import { hardMode, penaltyMode } from './penalty';
import type { Scale } from './scale';
import { sparseRows } from './sparse-rows';
import { checkSeries, measure, type ViolationReport } from './violations';

export interface CompileOptions {
  /** [L, K], steps and channels of one series. */
  readonly shape: readonly [length: number, channels: number];
  /** Samples, where parameters or the scale differ between them. @default any number of samples that share everything */
  readonly batch?: number;
  /** Names of the channels, so that constraints may use them. */
  readonly channels?: readonly string[];
  /** How the coordinates that are projected come from raw units: raw = scale x + shift, or any affine map. @default raw units */
  readonly scale?: Scale;
  /** Solve for a feasible point now and throw if there is none. @default true */
  readonly checkFeasible?: boolean;
}

/** A projector with the means to look at what it enforces. */
export interface CompiledConstraints extends Projector {
  /** Samples it was compiled for, or undefined when any number will do. */
  readonly batch: number | undefined;
  readonly names: readonly string[];
  /** Violations of each constraint in each sample, in the units of x; see `ViolationReport`. */
  check(x: Array64, options?: { readonly tolerance?: number }): ViolationReport;
  /** The linear constraints of a sample as rows in the units of x, bounds on entries first; for other solvers. */
  rows(sample?: number): SparseRows;
}

/**
 * Makes constraints ready for projection: carries them from raw units to the coordinates of x, merges bounds, splits what shares no
 * entry, chooses closed forms where they exist, and makes sure that a feasible series exists.
 *
 * @throws LabError `infeasible` naming the constraints that contradict each other, `shape` for parameters that do not fit
 * @example
 * const projector = compileConstraints(all(mean({ value: 0 }), bounds({ lower: -1, upper: 1 })), { shape: [48, 1] });
 * const report = projector.project({ shape: [1, 48, 1], data: series });
 */
export function compileConstraints(constraint: Constraint, options: CompileOptions): CompiledConstraints {
  const set = buildPrograms(constraint, options);
  const linear = linearBuffers(set.programs.map(({ linear }) => linear));
  const general = generalBuffers();
  if (options.checkFeasible !== false) refuseInfeasible(set, linear);
  const { shape, names, convex, count, batch } = set;
  const size = shape[0] * shape[1];

  function project(
    x: Array64,
    { logGamma = Infinity, penalty = 'l1', tolerance = 1e-9, warm }: ProjectOptions = {},
  ): ProjectionReport {
    const samples = checkBatch(x, set, 'project');
    if (!(tolerance > 0))
      throw new LabError('argument', 'project: the tolerance is positive', {
        argument: 'tolerance',
        received: tolerance,
      });
    const mode = penaltyMode(logGamma, penalty);
    const residual = new Float64Array(samples);
    const multipliers = startOf(warm, samples * set.rows);
    const violated = new Uint8Array(names.length);
    let status: SampleOutcome['status'] = 'converged';
    let iterations = 0;
    for (let b = 0; b < samples && mode.gamma > 0; b++) {
      const { program, sample } = set.place(b);
      const series = x.data.subarray(b * size, (b + 1) * size);
      const task = {
        mode,
        // Sweeps stop on a stricter test, so that what is handed out keeps the tolerance after the last rounding.
        tolerance: 1e-3 * tolerance,
        buffers: linear,
        multipliers: multipliers.subarray(b * set.rows, (b + 1) * set.rows),
      };
      const outcome =
        program.general === undefined
          ? projectSample(program.linear, { x: series, sample }, task)
          : projectGeneral(program, { x: series, sample, tolerance }, { ...task, general });
      status = worse(status, outcome.status);
      iterations = Math.max(iterations, outcome.iterations);
      residual[b] = measure(program, { x: series, sample, tolerance, violated }).greatest;
      if (mode === hardMode && residual[b]! > tolerance) status = worse(status, 'not-converged');
    }
    return {
      status,
      residual,
      iterations,
      violated: names.filter((_, owner) => violated[owner] === 1),
      ...(set.rows > 0 ? { multipliers } : {}),
    };
  }

  return {
    shape,
    count,
    convex,
    batch,
    names,
    project,
    violation: (x) => {
      const samples = checkBatch(x, set, 'violation');
      return Float64Array.from({ length: samples }, (_, b) => {
        const { program, sample } = set.place(b);
        return measure(program, { x: x.data.subarray(b * size, (b + 1) * size), sample, tolerance: 0 }).total;
      });
    },
    check: (x, { tolerance = 1e-6 } = {}) =>
      checkSeries(set, x, { samples: checkBatch(x, set, 'check'), tolerance }),
    rows: (sample = 0) => {
      if (!Number.isInteger(sample) || sample < 0 || sample >= (batch ?? 1))
        throw new LabError('argument', 'rows: there is no such sample', {
          argument: 'sample',
          received: sample,
          expected: `below ${batch ?? 1}`,
        });
      const place = set.place(sample);
      return sparseRows(place.program.linear, place.sample);
    },
  };
}

function startOf(warm: Float64Array | undefined, length: number): Float64Array {
  if (warm === undefined) return new Float64Array(length);
  if (warm.length !== length)
    throw new LabError('shape', 'project: the multipliers are not those of this projector and batch', {
      argument: 'warm',
      received: [warm.length],
      expected: [length],
    });
  return Float64Array.from(warm);
}

/** The number of samples of x [B, L, K]; refuses other shapes and what is not a number. */
function checkBatch(x: Array64, { shape: [length, channels], batch }: ProgramSet, where: string): number {
  const [samples, ...rest] = x.shape;
  const fits = rest.length === 2 && rest[0] === length && rest[1] === channels;
  const wanted = batch ?? samples;
  if (!fits || samples === undefined || samples !== wanted || x.data.length !== samples * length * channels)
    throw new LabError('shape', `${where}: x is not [batch, length, channels] of these constraints`, {
      argument: 'x',
      received: x.shape,
      expected: [batch ?? 'any', length, channels],
    });
  for (let i = 0; i < x.data.length; i++)
    if (!Number.isFinite(x.data[i]))
      throw new LabError('numeric', `${where}: x has an entry that is not a finite number`, {
        argument: 'x',
        received: {
          value: String(x.data[i]),
          sample: Math.floor(i / (length * channels)),
          step: Math.floor(i / channels) % length,
          channel: i % channels,
        },
      });
  return samples;
}

/** Whether a series satisfies the linear constraints of every sample, and if not, which of them contradict each other. */
export interface FeasibilityReport {
  readonly feasible: boolean;
  /** The sentence of the error that `compileConstraints` would throw. */
  readonly reason?: string;
}

/**
 * Asks what `compileConstraints` makes sure of, without throwing for an infeasible set. Constraints that are not convex are looked
 * at only for values that no series of the length has.
 *
 * @example
 * isFeasible(all(mean({ value: 2 }), bounds({ upper: 1 })), { shape: [4, 1] }).feasible; // false
 */
export function isFeasible(constraint: Constraint, options: CompileOptions): FeasibilityReport {
  try {
    compileConstraints(constraint, { ...options, checkFeasible: true });
    return { feasible: true };
  } catch (error) {
    if (isLabError(error) && error.code === 'infeasible') return { feasible: false, reason: error.message };
    throw error;
  }
}
