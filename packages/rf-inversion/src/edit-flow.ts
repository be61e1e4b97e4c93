import { rectifiedFlowSchedule, sample, type Control, type Denoiser, type Solver } from '@lab/diffusion-core';
import { flowOde } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import { key as keyOf, type Key } from '@lab/tensor-core/random';
import { resolveGain, type Gain } from './gains';
import { integrateFlow, type FlowPoint, type FlowRunOptions } from './flow/integrate-flow';
import { assertGeneration } from './flow/intervals';
import type { FlowSolverName } from './flow/solvers';
import type { Inversion } from './invert-flow';
import { defaultEta, rfInversion } from './rf-inversion';
import { controlledSde } from './sde/controlled-sde';

export interface EditFlowOptions<X, Condition> extends Omit<FlowRunOptions<X, Condition>, 'solver'> {
  /** Reverse guidance eta: step 0 is the noisiest of the whole grid. @default 0.9 in the first quarter of the steps */
  readonly eta?: Gain | undefined;
  /** Another generation grid than the inversion's, beginning at the same level. @default the inversion's */
  readonly times?: readonly number[] | undefined;
  /** Weight of the end point in the regulator, above 0. @default Infinity */
  readonly lambda?: number | undefined;
  /** [B, ...] factors of eta, entry by entry: 1 where the image is kept. @default 1 everywhere */
  readonly mask?: X | undefined;
  /**
   * An integrator of the ODE by name, or a solver of diffusion-core, such as `flowSde()`, the ancestral sampler.
   * @default 'euler', as in the paper
   */
  readonly solver?: FlowSolverName | Solver | undefined;
  /** The rectified SDE instead of the ODE, by Euler-Maruyama: the paper's (17), or the released code's. */
  readonly sdeVariant?: 'paper' | 'reference' | undefined;
  /** Further methods that act in the same run, after the pull. @default [] */
  readonly controls?: readonly Control<X>[] | undefined;
  /** Randomness of stochastic solvers and of controls. */
  readonly key?: Key | undefined;
  /** Takes eta outside [0, 1]. @default false */
  readonly allowExtrapolation?: boolean | undefined;
}

export interface EditFlowResult<X> {
  /** [B, ...] the edited image; the caller's. */
  readonly image: X;
  readonly modelCalls: number;
  readonly seconds: number;
}

/**
 * Algorithm 2: generates from an inversion by the controlled reverse ODE (15), under another condition for an edit,
 * under that of the inversion for a reconstruction.
 *
 * @throws LabError `argument` for eta outside [0, 1], a grid that begins elsewhere, or a stochastic run without a key
 * @example
 * const { image } = await editFlow(denoiser, inversion, { condition, eta: { kind: 'constant', value: 0.9, stop: 7 } });
 */
export async function editFlow<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  inversion: Inversion<X>,
  options: EditFlowOptions<X, Condition> = {},
): Promise<EditFlowResult<X>> {
  const { solver = 'euler', sdeVariant, controls = [], ...run } = options;
  const { lambda, mask, allowExtrapolation } = options;
  const times = editingTimes(inversion, options.times);
  const offset = options.times === undefined ? inversion.startStep : 0;
  // Gains are numbered over the whole grid; nodes before the starting one are not visited.
  const whole = [...inversion.times.slice(0, offset), ...times.slice(0, -1)];
  const eta = resolveGain(options.eta ?? defaultEta, whole, { name: 'eta', allowExtrapolation }).slice(
    offset,
  );
  const { noise, image: reference } = inversion;

  if (sdeVariant === undefined && controls.length === 0 && typeof solver === 'string') {
    const pull = { target: reference, gains: eta, lambda, mask };
    const { x, modelCalls, seconds } = await integrateFlow(denoiser, noise, { ...run, solver, times, pull });
    return { image: x, modelCalls, seconds };
  }
  const stochastic = stochasticSolver({ solver, sdeVariant, reference, eta, options });
  const pull =
    sdeVariant === undefined ? [rfInversion({ reference, eta, lambda, mask, allowExtrapolation })] : [];
  const { samples, modelCalls, seconds } = await sample(denoiser, {
    schedule: rectifiedFlowSchedule(),
    solver: stochastic,
    times,
    init: noise,
    condition: options.condition,
    controls: [...pull, ...controls],
    key: options.key ?? keyOf(0),
    engine: options.engine,
    signal: options.signal,
    onStep: ({ index, steps, t: from, tNext: to, x, modelCalls: calls }) => {
      const point: FlowPoint<X> = { index, steps, from, to, x, modelCalls: calls };
      return options.onStep?.(point);
    },
  });
  return { image: samples, modelCalls, seconds };
}

function editingTimes<X>(inversion: Inversion<X>, given: readonly number[] | undefined): readonly number[] {
  const own = inversion.times.slice(inversion.startStep);
  if (given === undefined) return own;
  assertGeneration(given);
  if (Math.abs(given[0]! - own[0]!) > 1e-9)
    throw new LabError('argument', 'editing starts at the noise level that the image was inverted to', {
      argument: 'times',
      expected: own[0],
      received: given[0],
    });
  return given;
}

function stochasticSolver<X, Condition>({
  solver,
  sdeVariant,
  reference,
  eta,
  options: { key, mask, lambda },
}: {
  solver: FlowSolverName | Solver;
  sdeVariant: 'paper' | 'reference' | undefined;
  reference: X;
  eta: readonly number[];
  options: EditFlowOptions<X, Condition>;
}): Solver {
  const isNamed = typeof solver === 'string';
  if (sdeVariant !== undefined) {
    if (solver !== 'euler' || mask !== undefined || (lambda ?? Infinity) !== Infinity)
      throw new LabError(
        'unsupported',
        'the rectified SDE is run by Euler-Maruyama, unmasked, with lambda = Infinity',
        {
          argument: 'sdeVariant',
          received: { solver: isNamed ? solver : solver.name, mask: mask !== undefined, lambda },
          hint: 'solver: flowSde() is stochastic and takes them all',
        },
      );
    assertKey(key, 'sdeVariant');
    return controlledSde({ reference, eta, variant: sdeVariant });
  }
  if (!isNamed) {
    assertKey(key, `solver '${solver.name}'`);
    return solver;
  }
  if (solver !== 'euler')
    throw new LabError(
      'unsupported',
      "further controls act in runs of solver 'euler', or of a diffusion-core solver",
      {
        argument: 'solver',
        received: solver,
      },
    );
  return flowOde();
}

function assertKey(key: Key | undefined, what: string): void {
  if (key === undefined)
    throw new LabError('argument', `${what} may draw noise: give it a key`, {
      argument: 'key',
      received: 'none',
    });
}
