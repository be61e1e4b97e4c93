import {
  sample,
  tensorSpace,
  type Control,
  type Denoiser,
  type SampleOptions,
  type SampleResult,
} from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import type { CostAndGradient, DifferentiableCost } from '../costs/types';
import { adamDescent, gradientDescent } from './descent';
import { costThroughDenoiser, type ThroughDenoiser } from './exact-controller';
import { innerLoop, type InnerLoopPlace } from './inner-loop';
import { innerLoopSettings } from './options';

export interface ExactSocOptions {
  /** Step size. @default 0.1 */
  readonly eta?: number;
  /** Inner iterations at each level, M. @default 3 */
  readonly steps?: number;
  /**
   * `polyak` takes eta times Polyak's length `2 h / |grad h|^2` for each sample, for which a linear style is met in one step at
   * eta 1, by the smallest control that does.
   *
   * @default 'gradient'
   */
  readonly optimizer?: 'adam' | 'gradient' | 'polyak';
  /**
   * Levels with less signal than this are left alone: there the gradient with respect to the state is multiplied by 1 / alpha.
   * @default 0.05
   */
  readonly skipWhenAlphaBelow?: number;
}

export interface ExactSocSampleOptions<Condition> extends ExactSocOptions {
  readonly cost: DifferentiableCost;
  /**
   * Begins each level with the control of the one before (the paper's first version) instead of 0. Controls then add up along the
   * run, and can carry it past the style where those of single levels meet it. @default false
   */
  readonly warmStart?: boolean;
  /** How and from where to sample; its controls act beside this one. */
  readonly sampling: SampleOptions<Tensor, Condition>;
}

/**
 * RB-Modulation by its exact controller (Algorithm 1): before each step the state is moved by M steps down
 * `h(E[x_0 | x_t + u])`, the gradient passing through descriptor and denoiser. For models of which gradients can be had; each
 * level costs M further evaluations and M backward passes.
 *
 * As a control, it moves the state that a step leads to; the first state of all has no step before it, so `exactSocSample`
 * moves that one first, and is the whole algorithm.
 */
export function exactSoc(cost: DifferentiableCost, options: ExactSocOptions = {}): Control {
  const controller = controllerOf(cost, options);
  return {
    name: 'rb-modulation-exact',
    async state(xNext, { tNext: t, denoiser, schedule, condition, index, signal }) {
      // At t = 0 the state is the sample, and no posterior mean is left to steer.
      if (t === 0) return xNext;
      const moved = await controller(
        xNext,
        { denoiser, schedule, t, condition },
        { index: index + 1, t, signal },
      );
      return moved.x;
    },
  };
}

/**
 * Algorithm 1 from the first state to the sample.
 *
 * @throws LabError as `sample`, and `unsupported` for a denoiser without gradients
 * @example
 * const { samples } = await exactSocSample(denoiser, { cost, sampling: { schedule, steps: 20, shape, key: key(0) } });
 */
export async function exactSocSample<Condition = unknown>(
  denoiser: Denoiser<Tensor, Condition>,
  { cost, warmStart = false, sampling, ...options }: ExactSocSampleOptions<Condition>,
): Promise<SampleResult<Tensor>> {
  const controller = controllerOf(cost, options);
  const { schedule, condition, signal, controls = [] } = sampling;
  if ((sampling.init === undefined) === (sampling.shape === undefined))
    throw new LabError('argument', 'give either the shape of the samples or the state to start from', {
      argument: 'sampling.shape | sampling.init',
    });
  const times = sampling.times ?? schedule.times(sampling.steps ?? 50);
  const { shape: _, steps: __, ...rest } = sampling;
  const first =
    sampling.init === undefined
      ? tensorSpace.normal(foldIn(sampling.key, 0), sampling.shape!)
      : tf.clone(sampling.init);
  let control: Tensor | undefined;
  let calls = 0;
  const move = async (x: Tensor, t: number, index: number): Promise<Tensor> => {
    const at = { denoiser: denoiser as Denoiser, schedule, t, condition };
    const moved = await controller(x, at, { index, t, signal }, warmStart ? control : undefined);
    calls += moved.calls;
    if (moved.x !== x) {
      control?.dispose();
      control = tf.sub(moved.x, x);
    }
    return moved.x;
  };
  let init: Tensor | undefined;
  try {
    init = await move(first, times[0]!, 0);
    const soc: Control = {
      name: 'rb-modulation-exact',
      state: (xNext, { tNext, index }) => (tNext === 0 ? xNext : move(xNext, tNext, index + 1)),
    };
    const result = await sample(denoiser, { ...rest, times, init, controls: [...controls, soc] });
    return { ...result, modelCalls: result.modelCalls + calls };
  } finally {
    if (init !== first) init?.dispose();
    first.dispose();
    control?.dispose();
  }
}

interface Moved {
  /** `x + u`, or x itself where nothing was done. */
  readonly x: Tensor;
  /** Model calls. */
  readonly calls: number;
}

type Controller = (x: Tensor, at: ThroughDenoiser, place: InnerLoopPlace, start?: Tensor) => Promise<Moved>;

function controllerOf(cost: DifferentiableCost, options: ExactSocOptions): Controller {
  const { skipWhenAlphaBelow = 0.05, optimizer = 'gradient' } = options;
  const { eta, steps } = innerLoopSettings({ eta: options.eta ?? 0.1, steps: options.steps ?? 3 });
  const descent = optimizer === 'adam' ? adamDescent(tensorSpace) : gradientDescent(tensorSpace);
  return async (x, at, place, start) => {
    if (eta === 0 || steps === 0 || at.schedule.alpha(at.t) < skipWhenAlphaBelow) return { x, calls: 0 };
    const from = start === undefined ? x : tf.add(x, start);
    try {
      const evaluate = async (state: Tensor) => {
        const found = await costThroughDenoiser(state, cost, at);
        return optimizer === 'polyak' ? inPolyakLengths(found) : found;
      };
      const { z } = await innerLoop(tensorSpace, from, { evaluate, descent, rate: eta, steps, place });
      return { x: z, calls: steps };
    } finally {
      if (from !== x) from.dispose();
    }
  };
}

/** Each sample's gradient times `2 h / |grad h|^2`, of a cost whose least value is 0. */
function inPolyakLengths({ costs, gradient }: CostAndGradient<Tensor>): CostAndGradient<Tensor> {
  const scaled = tf.tidy(() => {
    const [batch, ...rest] = gradient.shape as [number, ...number[]];
    const squares = tf.sum(tf.square(tf.reshape(gradient, [batch, -1])), 1);
    const lengths = tf.div(tf.mul(tf.tensor1d(Float32Array.from(costs)), 2), tf.maximum(squares, 1e-20));
    return tf.mul(gradient, tf.reshape(lengths, [batch, ...rest.map(() => 1)]));
  });
  gradient.dispose();
  return { costs, gradient: scaled };
}
