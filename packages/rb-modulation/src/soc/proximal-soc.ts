import { noticeOnce } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Control, Space, Step } from '@lab/diffusion-core';
import type { CostAndGradient, TerminalCost } from '../costs/types';
import { adamDescent, gradientDescent } from './descent';
import { innerLoop } from './inner-loop';
import { innerLoopSettings, type InnerLoopOptions, type InnerLoopSettings, type PresetName } from './options';

/** What one level's inner loop did. */
export interface ModulationReport {
  readonly index: number;
  readonly t: number;
  /** [steps][B] terminal costs before each inner step, without the proximal term. */
  readonly costs: readonly Float64Array[];
}

export interface ProximalSocOptions extends InnerLoopOptions {
  /** Settings to begin with; single ones can be changed beside it. */
  readonly preset?: PresetName;
  /**
   * The noise estimate after the posterior mean was moved: kept (the released code, a strong control), or recomputed so that
   * both still make up the state (five to seven times weaker in the middle of a run).
   *
   * @default 'keep'
   */
  readonly noise?: 'keep' | 'recompute';
  /** Called after each level's inner loop. */
  readonly onModulation?: (report: ModulationReport) => void;
}

/**
 * RB-Modulation's controller (Algorithm 2): at each level the posterior mean is replaced by what M steps down
 * `cost(z) + lambda |z - x0|^2` make of it. No gradient passes through the denoiser, so any model can be one, also one that
 * only computes forward.
 *
 * @throws LabError `argument` for settings out of range, for plain gradient descent with a step at which a linear style
 *   diverges, and from the run when tau is larger than the number of levels; `unsupported` for `exact` without a formula
 * @example
 * const control = proximalSoc(descriptorCost([{ descriptor, target }]), { eta: 0.1 });
 * const { samples } = await sample(denoiser, { schedule, steps: 20, shape, key: key(0), controls: [control] });
 */
export function proximalSoc<X>(
  cost: TerminalCost<X>,
  { preset, noise = 'keep', onModulation, ...options }: ProximalSocOptions = {},
): Control<X> {
  const settings = innerLoopSettings(options, preset);
  const { eta, steps, lambda, optimizer, etaDecay, tau } = settings;
  if (optimizer === 'exact' && cost.proximal === undefined)
    throw new LabError('unsupported', `there is no formula for the minimiser of the cost '${cost.name}'`, {
      argument: 'optimizer',
      hint: "optimizer: 'adam'",
    });
  assertStep(cost, settings);
  const isIdle = optimizer === 'exact' ? false : eta === 0 || steps === 0;
  return {
    name: 'rb-modulation',
    noise,
    async estimate(x0, step) {
      assertTau(tau, step, noise);
      if (isIdle || lambda === Infinity || step.index >= (tau ?? step.steps)) return x0;
      const { space } = step.denoiser;
      const weight = settings.lambdaReduction === 'mean' ? lambda / entries(space.shape(x0)) : lambda;
      if (optimizer === 'exact') return cost.proximal!(x0, weight);
      const { index, t, signal } = step;
      const { z, costs } = await innerLoop(space, x0, {
        evaluate: (z) => withProximalTerm(space, cost, { z, x0, weight }),
        descent: optimizer === 'adam' ? adamDescent(space) : gradientDescent(space),
        rate: etaDecay === 'linear' ? eta * (1 - index / step.steps) : eta,
        steps,
        place: { index, t, signal },
      });
      onModulation?.({ index, t, costs });
      return z;
    },
  };
}

/** The cost as it is, and the gradient of cost and `weight |z - x0|^2` together. */
async function withProximalTerm<X>(
  space: Space<X>,
  cost: TerminalCost<X>,
  { z, x0, weight }: { z: X; x0: X; weight: number },
): Promise<CostAndGradient<X>> {
  const { costs, gradient } = await cost.evaluate(z);
  if (weight === 0 || z === x0) return { costs, gradient };
  const whole = space.combine([
    [1, gradient],
    [2 * weight, z],
    [-2 * weight, x0],
  ]);
  space.dispose(gradient);
  return { costs, gradient: whole };
}

const entries = (shape: readonly number[]): number =>
  shape.slice(1).reduce((product, each) => product * each, 1);

function assertStep<X>(
  cost: TerminalCost<X>,
  { optimizer, eta, lambda, lambdaReduction }: InnerLoopSettings,
): void {
  // The mean divides by a size that only the run knows, so that the bound without lambda is the one that is certain.
  const bound = cost.stepBound?.(lambdaReduction === 'sum' && lambda < Infinity ? lambda : 0);
  if (optimizer === 'gradient' && bound !== undefined && eta > bound)
    throw new LabError('argument', 'at this step size gradient descent on the linear style diverges', {
      argument: 'eta',
      received: eta,
      expected: `below 1 / (s_max^2 + lambda) = ${bound}`,
    });
}

function assertTau<X>(tau: number | undefined, { steps, index }: Step<X>, noise: 'keep' | 'recompute'): void {
  if (tau === undefined || index > 0) return;
  if (tau > steps)
    throw new LabError('argument', 'tau is the number of controlled levels, at most all of them', {
      argument: 'tau',
      received: tau,
      expected: `at most ${steps}`,
    });
  if (tau > 0 && tau < steps && noise === 'keep')
    noticeOnce(
      'RB-Modulation stops before the end with the noise estimate kept: what is left of the run can overshoot the reference ' +
        "(noise: 'recompute' does not)",
      'LAB_CONTROL',
    );
}
