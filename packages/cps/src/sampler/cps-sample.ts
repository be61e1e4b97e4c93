import type { ExecutionChoice, Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';
import {
  ddim,
  sample,
  toFloat64,
  type Control,
  type Denoiser,
  type Schedule,
  type Solver,
  type TrajectoryPoint,
} from '@lab/diffusion-core';
import type { Scaler } from '@lab/datasets';
import type { Constraint } from '../constraints';
import type { ProjectionReport, Projector } from '../constraints/types';
import { compileConstraints } from '../projection';
import { perSampleProjector } from './per-sample-projector';
import { assertConverged, constrain, type ConstrainOptions } from './constrain';

export interface CpsSampleOptions<Condition = unknown> extends Omit<
  ConstrainOptions,
  'clamp' | 'onProjection'
> {
  /** A trained network (float32) or a closed form (float64). */
  readonly denoiser: Denoiser<Tensor, Condition> | Denoiser<Array64, Condition>;
  readonly schedule: Schedule;
  /** [B, L, K], series, time steps, channels. */
  readonly shape: readonly [batch: number, length: number, channels: number];
  /**
   * What shall hold, in raw units: one set for all series (its parameters may be lists with one number for each), one set
   * for each series, or a projector that is compiled already.
   */
  readonly constraints: Constraint | readonly Constraint[] | Projector;
  readonly key: Key;
  /** Number of denoising steps. @default 50 */
  readonly steps?: number;
  /** @default ddim({ eta }) */
  readonly solver?: Solver;
  /** Share of fresh noise in each DDIM step, in [0, 1]. @default 0 */
  readonly eta?: number;
  /** The way between raw units and the model's; `'identity'` says that the model works in raw units. @default 'identity', checked */
  readonly scaler?: Scaler | 'identity';
  /** For scalers of increments: the price before the first row, [B] or one for all. */
  readonly start?: number | ArrayLike<number>;
  /** Names of the channels, by which constraints may call them. @default the scaler's */
  readonly channels?: readonly string[];
  /** Limits of the posterior mean in the model's units, before each projection. @default none */
  readonly clampX0?: readonly [low: number, high: number];
  /** The noise to start from, [B, L, K]. @default drawn with `key` */
  readonly init?: Array64;
  /** Passed to the denoiser as it is. */
  readonly condition?: Condition;
  /** Further controls, acting before the projection in each step. @default [] */
  readonly controls?: readonly Control<Array64>[];
  /** How the network runs, as in `sample`: `eager`, `compiled` or `auto`. @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  readonly signal?: AbortSignal;
  readonly onStep?: (point: TrajectoryPoint<Array64>) => void | Promise<void>;
}

/** Generated series, and the evidence that they satisfy their constraints. */
export interface CpsSampleResult {
  /** [B, L, K] in raw units. */
  readonly samples: Array64;
  /** [B, L, K] in the model's units. */
  readonly scaled: Array64;
  /** [B] total violation of each series, in the units of its constraints' rows. */
  readonly violation: Float64Array;
  /** Iterations of the projection in each step, the most over the batch. */
  readonly iterations: readonly number[];
  /** Of the last projection. */
  readonly status: ProjectionReport['status'];
  /** Constraints that remain violated, which only `onInfeasible: 'best'` lets happen. */
  readonly violated: readonly string[];
  /** How many rows and scalar conditions there were. */
  readonly constraintCount: number;
  readonly modelCalls: number;
  /** Of the whole run. */
  readonly seconds: number;
  /** Of which the projections took. */
  readonly projectionSeconds: number;
}

/**
 * Generates series that satisfy hard constraints by Constrained Posterior Sampling (Narasimhan et al. 2025): DDIM whose
 * posterior mean is pulled towards the constraints in every step and projected onto them in the last.
 *
 * The state is float64 around a float32 network, so constraints hold to `tolerance` (1e-9) in the model's units.
 *
 * @throws LabError `infeasible` before any model call when no series satisfies the constraints; `numeric` naming the step when the
 *   model returns NaN; `not-converged` when the last projection fails and `onInfeasible` is 'throw'; `argument` when constraints
 *   in raw units meet a model without a scaler
 * @example
 * const { samples, violation } = await cpsSample({
 *   denoiser, schedule, shape: [16, 96, 1], scaler, key: key(0),
 *   constraints: all(mean({ value: 12 }), argmaxAt({ at: 60 }), bounds({ lower: 0 })),
 * });
 */
export async function cpsSample<Condition = unknown>(
  options: CpsSampleOptions<Condition>,
): Promise<CpsSampleResult> {
  const { schedule, shape, key, steps = 50, eta = 0, clampX0, scaler = 'identity', controls = [] } = options;
  const { init, condition, engine, signal, onStep } = options;
  const [batch, length, channels] = shape;
  if ((shape as readonly number[]).length !== 3 || shape.some((size) => !Number.isInteger(size) || size < 1))
    throw new LabError('argument', 'cpsSample: shape is [batch, length, channels] of positive integers', {
      argument: 'shape',
      received: shape,
    });
  const projector = projectorOf(options);
  checkReach(projector, options);

  const denoiser = inFloat64(options.denoiser);
  const reports: ProjectionReport[] = [];
  let projectionSeconds = 0;
  const projection = constrain(projector, {
    ...constrainOptions(options),
    ...(clampX0 && { clamp: clampX0 }),
    onProjection: (report, step) => {
      reports.push(report);
      projectionSeconds += step.seconds;
    },
  });
  const run = await sample(denoiser as Denoiser<Array64>, {
    schedule,
    steps,
    key,
    condition,
    engine,
    solver: options.solver ?? ddim({ eta }),
    controls: [...controls, projection],
    ...(init ? { init } : { shape }),
    ...(signal && { signal }),
    ...(onStep && { onStep }),
  });

  const { samples: scaled, report } = certify(run.samples, projector, options);
  const last = report ?? reports[reports.length - 1];
  const raw = scaler === 'identity' ? scaled.data : scaler.toRaw(scaled.data, scaleContext(options));
  return {
    samples: { shape: [batch, length, channels], data: raw },
    scaled,
    violation: projector.violation(scaled),
    iterations: reports.map(({ iterations }) => iterations),
    status: last?.status ?? 'converged',
    violated: last?.violated ?? [],
    constraintCount: projector.count,
    modelCalls: run.modelCalls,
    seconds: run.seconds,
    projectionSeconds,
  };
}

/** Network or closed form, as a denoiser of float64 states. */
function inFloat64<Condition>(
  denoiser: Denoiser<Tensor, Condition> | Denoiser<Array64, Condition>,
): Denoiser<Array64, Condition> {
  return denoiser.space.name === 'float64'
    ? (denoiser as Denoiser<Array64, Condition>)
    : toFloat64(denoiser as Denoiser<Tensor, Condition>);
}

/** The options of `constrain` that were given, and no others. */
function constrainOptions<Condition>(options: CpsSampleOptions<Condition>): ConstrainOptions {
  const { penalty, gamma, tolerance, stepTolerance, onInfeasible } = options;
  return {
    ...(penalty !== undefined && { penalty }),
    ...(gamma !== undefined && { gamma }),
    ...(tolerance !== undefined && { tolerance }),
    ...(stepTolerance !== undefined && { stepTolerance }),
    ...(onInfeasible !== undefined && { onInfeasible }),
  };
}

function isProjector<Condition>(
  constraints: CpsSampleOptions<Condition>['constraints'],
): constraints is Projector {
  return 'project' in constraints;
}

function projectorOf<Condition>(options: CpsSampleOptions<Condition>): Projector {
  const { constraints, shape, scaler = 'identity' } = options;
  const [batch, length, width] = shape;
  if (isProjector(constraints)) {
    if (constraints.shape[0] !== length || constraints.shape[1] !== width)
      throw new LabError('shape', 'cpsSample: the projector was compiled for another series', {
        expected: [length, width],
        received: constraints.shape,
      });
    return constraints;
  }
  const channels = options.channels ?? (scaler === 'identity' ? undefined : scaler.channels);
  const common = { shape: [length, width] as const, ...(channels && { channels }) };
  const scales = scaler === 'identity' ? undefined : scalesOf(scaler, options);
  if (!isList(constraints))
    return compileConstraints(constraints, { ...common, batch, ...(scales && { scale: scales }) });
  if (constraints.length !== batch)
    throw new LabError('shape', 'cpsSample: a list of constraints has one for each series', {
      argument: 'constraints',
      expected: batch,
      received: constraints.length,
    });
  return perSampleProjector(
    constraints.map((each, b) => {
      const scale = Array.isArray(scales) ? scales[b]! : scales;
      return compileConstraints(each, { ...common, ...(scale && { scale }) });
    }),
  );
}

function isList(constraints: Constraint | readonly Constraint[]): constraints is readonly Constraint[] {
  return Array.isArray(constraints);
}

function scaleContext<Condition>({ shape, start }: CpsSampleOptions<Condition>) {
  return { length: shape[1], ...(start !== undefined && { start }) };
}

/** One affine map for all series, or one for each where their starts differ. */
function scalesOf<Condition>(scaler: Scaler, { shape: [batch, length], start }: CpsSampleOptions<Condition>) {
  if (start === undefined || typeof start === 'number')
    return scaler.affine({ length, ...(start !== undefined && { start }) });
  const each = start.length / batch;
  return Array.from({ length: batch }, (_, b) =>
    scaler.affine({ length, start: Array.from(start).slice(b * each, (b + 1) * each) }),
  );
}

/** Steps from the origin, in standard deviations of the noise, beyond which constraints are surely in other units. */
const farAway = 50;

/**
 * Projects one draw of noise: constraints that no series satisfies are found before the model is called, and without a scaler so are
 * constraints in raw units on a model of standardised series.
 */
function checkReach<Condition>(projector: Projector, options: CpsSampleOptions<Condition>): void {
  const { shape, key, scaler, onInfeasible = 'throw' } = options;
  const draws = normal(foldIn(key, 2), shape);
  const probe: Array64 = { shape, data: Float64Array.from(draws) };
  const report = projector.project(probe, { tolerance: 1e-6 });
  if (report.status === 'infeasible' && onInfeasible === 'throw') assertConverged(report);
  const reach = probe.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (scaler === undefined && reach > farAway)
    throw new LabError(
      'argument',
      'the constraints lie far outside of what a model of standardised series draws',
      {
        argument: 'scaler',
        received: `a feasible series reaches ${reach.toPrecision(3)}, in standard deviations of the noise`,
        hint: "constraints are in raw units: give the scaler that the model was trained with, or scaler: 'identity' if its units are raw",
      },
    );
}

/** Where another control, or a multistep solver, moved the result off the constraints, projects it once more. */
function certify<Condition>(
  samples: Array64,
  projector: Projector,
  { tolerance = 1e-9, onInfeasible = 'throw' }: CpsSampleOptions<Condition>,
): { samples: Array64; report?: ProjectionReport } {
  const worst = projector.violation(samples).reduce((most, value) => Math.max(most, value), 0);
  if (worst <= tolerance * Math.max(1, projector.count)) return { samples };
  const again: Array64 = { shape: samples.shape, data: Float64Array.from(samples.data) };
  const report = projector.project(again, { tolerance });
  if (onInfeasible === 'throw') assertConverged(report);
  return { samples: again, report };
}
