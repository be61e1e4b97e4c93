import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Control, Step } from '@lab/diffusion-core';
import type { Penalty, ProjectionReport, Projector } from '../constraints/types';
import { logGamma, type GammaFunction, type GammaName } from './log-gamma';

export interface ConstrainOptions {
  /** How violations are counted: `l1` sums positive parts, `quadratic` sums their squares. @default 'l1' */
  readonly penalty?: Penalty;
  /** How strong the pull is in each step. @default 'exp', the paper's */
  readonly gamma?: GammaName | GammaFunction;
  /** Greatest row violation after the last step. @default 1e-9 */
  readonly tolerance?: number;
  /** The same in the steps before, which later steps repair. @default the larger of `tolerance` and 1e-7 (convex) or 1e-4 */
  readonly stepTolerance?: number;
  /** Limits of the posterior mean, applied before the projection. @default none */
  readonly clamp?: readonly [low: number, high: number];
  /**
   * What to do when the last projection does not reach `tolerance`: throw, or keep the best point found (the caller then
   * looks at the reports).
   * @default 'throw'
   */
  readonly onInfeasible?: 'throw' | 'best';
  /** Called after each projection. */
  readonly onProjection?: (report: ProjectionReport, step: ProjectionStep) => void;
}

/** Where in the run a projection was made. */
export interface ProjectionStep {
  readonly index: number;
  readonly steps: number;
  readonly logGamma: number;
  /** Of this projection alone. */
  readonly seconds: number;
}

/**
 * Constrained Posterior Sampling as a control: in every step the posterior mean is replaced by
 *
 * `argmin_z 0.5 (|z - x0|^2 + gamma(t) Pi(z))`  (Narasimhan et al. 2025, Algorithm 1),
 *
 * and the noise estimate stays the model's own. Works with any solver and beside other controls; put it last, since
 * what acts after it may undo it. The state is float64: wrap a network by `toFloat64`.
 *
 * @throws LabError `infeasible` or `not-converged` from the run when the last projection fails
 * @example
 * const control = constrain(compileConstraints(mean({ value: 3 }), { shape: [48, 1] }));
 * const { samples } = await sample(toFloat64(denoiser), { schedule, shape: [64, 48, 1], key: key(0), controls: [control] });
 */
export function constrain(projector: Projector, options: ConstrainOptions = {}): Control<Array64> {
  const { penalty = 'l1', gamma = 'exp', tolerance = 1e-9, clamp, onInfeasible = 'throw' } = options;
  const { stepTolerance = Math.max(tolerance, projector.convex ? 1e-7 : 1e-4) } = options;
  return {
    name: 'constrain',
    // Recomputing the noise from the projected mean is the most damaging silent mistake: see the tests of this file.
    noise: 'keep',
    estimate(x0, step) {
      const strength = logGamma(gamma, step);
      if (strength === -Infinity && clamp === undefined) return x0;
      const x: Array64 = { shape: x0.shape, data: Float64Array.from(x0.data) };
      if (clamp) limit(x.data, clamp);
      if (strength === -Infinity) return x;
      const isLast = step.index === step.steps - 1;
      const start = performance.now();
      const report = projector.project(x, {
        logGamma: strength,
        penalty,
        tolerance: isLast ? tolerance : stepTolerance,
      });
      const seconds = (performance.now() - start) / 1000;
      const { index, steps } = step;
      options.onProjection?.(report, { index, steps, logGamma: strength, seconds });
      if (isLast && onInfeasible === 'throw') assertConverged(report, step);
      return x;
    },
  };
}

function limit(data: Float64Array, [low, high]: readonly [number, number]): void {
  if (!(low < high))
    throw new LabError('argument', 'clamp is [low, high] with low < high', {
      argument: 'clamp',
      received: [low, high],
    });
  for (let i = 0; i < data.length; i++) data[i] = Math.min(high, Math.max(low, data[i]!));
}

/** @throws LabError naming the constraints that remain violated */
export function assertConverged(report: ProjectionReport, step?: Pick<Step, 'index'>): void {
  if (report.status === 'converged') return;
  const worst = report.residual.reduce((most, value) => Math.max(most, value), 0);
  const samples = report.residual.filter((value) => value > 1e-6).length;
  throw new LabError(
    report.status,
    report.status === 'infeasible'
      ? 'no series satisfies these constraints together'
      : 'the last projection did not reach its tolerance',
    {
      argument: report.violated.join(', '),
      received: `violation ${worst.toExponential(2)} in ${samples} of ${report.residual.length} samples${
        step ? ` at step ${step.index}` : ''
      }`,
      hint: "onInfeasible: 'best' returns the nearest point found, with its violation",
    },
  );
}
