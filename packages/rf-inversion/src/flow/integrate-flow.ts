import type { Denoiser, PredictContext } from '@lab/diffusion-core';
import { eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { assertMonotone, intervalsOf } from './intervals';
import { controlledField, type Pull } from './pull';
import { withScratch } from './scratch';
import { flowSolver, type FlowInterval, type FlowSolverName } from './solvers';

/** One step as seen from outside; `x` is valid during the call alone. */
export interface FlowPoint<X> {
  readonly index: number;
  readonly steps: number;
  /** Noise level before the step. */
  readonly from: number;
  /** Noise level of `x`. */
  readonly to: number;
  readonly x: X;
  /** So far. */
  readonly modelCalls: number;
}

export interface FlowRunOptions<X, Condition> extends Pick<PredictContext, 'engine'> {
  /** Passed to the denoiser as it is. */
  readonly condition?: Condition | undefined;
  /** @default 'euler', as in the paper */
  readonly solver?: FlowSolverName | undefined;
  /** Aborts between two steps with a `LabError` of code `aborted`; everything is freed. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step; awaited. */
  readonly onStep?: ((point: FlowPoint<X>) => void | Promise<void>) | undefined;
}

export interface IntegrateFlowOptions<X, Condition> extends FlowRunOptions<X, Condition> {
  /** Noise levels, strictly rising (towards noise) or falling (towards the image). */
  readonly times: readonly number[];
  /** Mixes the flow with the straight line to a target. @default none */
  readonly pull?: Pull<X> | undefined;
}

export interface FlowResult<X> {
  /** The state at the last time; the caller's. */
  readonly x: X;
  readonly modelCalls: number;
  readonly seconds: number;
}

/**
 * Integrates a rectified flow `dx/dt = u(x, t)` in either direction, alone or mixed with the straight line to a target,
 * `dx/dt = u + gain (u(x | target) - u)`: rising times are ODE (8), falling ones ODE (15) of the paper.
 *
 * Runs in the denoiser's space. Where the gain is 1 the network has no say and is not called.
 *
 * @param x [B, ...] at `times[0]`; stays the caller's
 * @throws LabError `argument` for a bad grid, `numeric` for a state that is not finite, `shape`, `aborted`
 */
export async function integrateFlow<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  x: X,
  { times, ...options }: IntegrateFlowOptions<X, Condition>,
): Promise<FlowResult<X>> {
  assertMonotone(times);
  return integrateIntervals(denoiser, x, { ...options, intervals: intervalsOf(times) });
}

/** The same over given intervals, whose lengths need not be the distance of their levels (`parity`). */
export async function integrateIntervals<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  start: X,
  options: Omit<IntegrateFlowOptions<X, Condition>, 'times'> & {
    readonly intervals: readonly FlowInterval[];
  },
): Promise<FlowResult<X>> {
  const { intervals, pull, condition, solver: name = 'euler', engine, signal, onStep } = options;
  const { space } = denoiser;
  const solver = flowSolver(name);
  const steps = intervals.length;
  const context = { engine, calls: steps };
  const began = performance.now();
  const breathe = eventLoopBreather();
  await assertState(denoiser, start, 'x');
  if (pull !== undefined) await assertState(denoiser, pull.target, 'target');
  const towards = intervals[0]!.length > 0 ? 1 : 0;
  let modelCalls = 0;
  let x = start;
  let carried: X | undefined;
  const release = (state: X | undefined, ...kept: (X | undefined)[]): void => {
    if (state !== undefined && state !== start && !kept.includes(state)) space.dispose(state);
  };
  try {
    for (const [index, interval] of intervals.entries()) {
      throwIfAborted(signal);
      const [next, handedOn] = (await withScratch(space, async (keep) => {
        const field = controlledField(denoiser, { pull, towards, index, condition, context, keep }, () => {
          modelCalls++;
        });
        const made = await solver({
          ...interval,
          space: { ...space, combine: (terms) => keep(space.combine(terms)) },
          x,
          field: field.at,
          singularEnd: field.isSingular(interval.to),
          carried,
        });
        return made.carried === undefined ? [made.x] : [made.x, made.carried];
      })) as [X, X?];
      const [before, carriedBefore] = [x, carried];
      [x, carried] = [next, handedOn];
      release(before, x, carried);
      release(carriedBefore, x, carried);
      if (!(await space.isFinite(x))) throw notFinite(index, interval.to);
      await onStep?.({ index, steps, from: interval.from, to: interval.to, x, modelCalls });
      await breathe();
    }
    throwIfAborted(signal);
  } catch (error) {
    release(carried, x);
    release(x);
    throw error;
  }
  release(carried, x);
  return { x, modelCalls, seconds: (performance.now() - began) / 1000 };
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new LabError('aborted', "the run was aborted by the caller's signal", { cause: signal.reason });
}

/** Refuses a state that is not finite. */
export async function assertState<X>(denoiser: Denoiser<X>, x: X, argument: string): Promise<void> {
  if (!(await denoiser.space.isFinite(x)))
    throw new LabError('numeric', `${argument} holds NaN or infinity`, { argument });
}

function notFinite(index: number, t: number): LabError {
  return new LabError('numeric', `the state is not finite after step ${index} (t = ${t})`, {
    hint: 'the step is too long for this network, or the image is not scaled as in training',
  });
}
