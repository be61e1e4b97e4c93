import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { Differentiation, GuidanceTerms, InverseProblem } from '../problems/types';
import { stepRule, type StepRule } from './step-rule';

/** The surrogate loss and how it is descended (Algorithm 1, step 3a). */
export interface SurrogateOptions extends Differentiation {
  /** Gradient steps at each noise level, K. 0 leaves plain sampling. @default 5 */
  readonly inner?: number;
  /** Weight of the second-order term, for latents of any size (it is divided by their number of entries). @default 0.02 */
  readonly eta?: number;
  /** Length c of the probe's displacement, or `sigma` for that of the noise level. @default 1 */
  readonly probeScale?: number | 'sigma';
  /** @default { kind: 'lipschitz', lambda: 0.1 } */
  readonly step?: StepRule;
  /**
   * Whether the step rule scales the data term alone, or the whole gradient of the loss whose data term weighs 1: the second-order
   * term too then has the step `lambda`, `lambda / |r|` or `lambda / |A D|^2`. @default 'data'
   */
  readonly lambdaScales?: 'data' | 'whole';
  /**
   * Standard deviation of the measurement's noise; with it, an example whose residual is at that level (times `tau`) gets no
   * further data gradient, so that the noise is not fitted.
   */
  readonly noiseDeviation?: number;
  /** Factor of the stop rule. @default 1 */
  readonly tau?: number;
}

export interface InnerLoopPoint {
  readonly t: number;
  readonly key: Key;
  readonly condition?: unknown;
  readonly signal?: AbortSignal | undefined;
}

export interface Descended<X> {
  /** A new state, unless there was no step. */
  readonly z: X;
  /** [B] squared residuals before the last step; none when there was no step. */
  readonly residuals: Float64Array | undefined;
  /** The noise estimate before the last step, the caller's. */
  readonly noise: X | undefined;
}

/** K steps on the surrogate loss at one level. */
export type InnerLoop<X> = (z: X, point: InnerLoopPoint) => Promise<Descended<X>>;

function check({
  inner = 5,
  eta = 0.02,
  probeScale = 1,
  tau = 1,
  noiseDeviation = 0,
}: SurrogateOptions): void {
  const refuse = (argument: string, received: unknown, expected: string): never => {
    throw new LabError('argument', `stsl: ${argument} must be ${expected}`, { argument, received });
  };
  if (!(Number.isInteger(inner) && inner >= 0)) refuse('inner', inner, 'a whole number, 0 or more');
  if (!(eta >= 0 && Number.isFinite(eta))) refuse('eta', eta, 'finite and not negative');
  if (!(probeScale === 'sigma' || probeScale > 0)) refuse('probeScale', probeScale, "positive, or 'sigma'");
  if (!(tau >= 0)) refuse('tau', tau, 'not negative');
  if (!(noiseDeviation >= 0)) refuse('noiseDeviation', noiseDeviation, 'not negative');
}

/**
 * `z <- z - grad [lambda |y - A D(x0(z))|^2 + (eta / d c) <xi, s(z + c xi) - s(z)>]`, K times with a fresh probe xi each.
 *
 * With eta = 0 the probe is not drawn: keys make that change no other draw.
 *
 * @throws LabError `argument`; while running `numeric` where a gradient is not finite, naming t and the inner step
 */
export async function innerLoop<X>(
  problem: InverseProblem<X>,
  options: SurrogateOptions = {},
): Promise<InnerLoop<X>> {
  check(options);
  const { inner = 5, eta = 0.02, probeScale = 1, lambdaScales = 'data', noiseDeviation, tau = 1 } = options;
  const { detachScore = false } = options;
  const rule = options.step ?? { kind: 'lipschitz', lambda: 0.1 };
  const { space } = problem.denoiser;
  const { data, step: taken } = await stepRule(rule, problem);
  const slack = noiseDeviation === undefined ? 0 : tau ** 2 * problem.measured * noiseDeviation ** 2;
  const entries = problem.shape.slice(1).reduce((product, each) => product * each, 1);
  const step = lambdaScales === 'whole' ? taken : { length: 1, overResidual: false };

  return async (start, { t, key, condition, signal }) => {
    // Pure noise says nothing of the clean latent: the loss is constant there, and its formula divides by alpha = 0.
    if (problem.schedule.alpha(t) === 0) return { z: start, residuals: undefined, noise: undefined };
    let [z, residuals, noise]: [X, Float64Array | undefined, X | undefined] = [start, undefined, undefined];
    const free = (x: X | undefined): void => {
      if (x !== undefined && x !== start) space.dispose(x);
    };
    try {
      for (let k = 0; k < inner; k++) {
        if (signal?.aborted)
          throw new LabError('aborted', 'stsl was aborted by the caller', { cause: signal.reason });
        const probe = eta > 0 ? space.normal(foldIn(key, k), space.shape(z)) : undefined;
        try {
          const terms: GuidanceTerms<X> = {
            data: { ...data, slack },
            detachScore,
            ...(probe !== undefined && {
              curvature: {
                weight: (eta / entries) * step.length,
                overResidual: step.overResidual,
                probe,
                scale: probeScale === 'sigma' ? problem.schedule.sigma(t) : probeScale,
              },
            }),
          };
          const found = await problem.gradient(z, terms, { t, condition });
          const next = space.combine([
            [1, z],
            [-1, found.gradient],
          ]);
          space.dispose(found.gradient);
          free(noise);
          free(z);
          ({ noise, residuals } = found);
          z = next;
          if (!(await space.isFinite(z)))
            throw new LabError('numeric', `stsl: the state is not finite at t = ${t}, inner step ${k}`, {
              hint: 'the step size is too long: lower lambda, or use the lipschitz rule',
            });
        } finally {
          free(probe);
        }
      }
      return { z, residuals, noise };
    } catch (error) {
      free(z);
      free(noise);
      throw error;
    }
  };
}
