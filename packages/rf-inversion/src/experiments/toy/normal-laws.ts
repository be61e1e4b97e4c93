import { gaussianDenoiser, rectifiedFlowSchedule } from '@lab/diffusion-core';
import { integrateFlow } from '../../flow/integrate-flow';
import { noisingLaw } from '../../sde/controlled-noising';

interface Law {
  readonly gamma: number;
  /** Mean and variance. */
  readonly ode: readonly [number, number];
  readonly sde: readonly [number, number];
  /** The larger of the two differences. */
  readonly gap: number;
}

const [mean, variance, target, end, steps] = [2, 0.25, 1, 0.9, 1000];

/** Laws of ODE (8) and SDE (10) at time 0.9 from data N(2, 0.25), led to 1. */
export async function normalLaws(): Promise<Law[]> {
  const denoiser = gaussianDenoiser({
    mean: [mean],
    covariance: variance,
    schedule: rectifiedFlowSchedule(),
  });
  // The flow is affine: the images of the mean and of one deviation above it tell the law.
  const start = { shape: [2, 1], data: Float64Array.of(mean, mean + Math.sqrt(variance)) };
  const times = Array.from({ length: steps + 1 }, (_, i) => (end * i) / steps);
  const laws: Law[] = [];
  for (const gamma of [0, 0.25, 0.5, 0.75, 1]) {
    const pull = {
      target: { shape: [2, 1], data: Float64Array.of(target, target) },
      gains: new Array<number>(steps).fill(gamma),
    };
    const { x } = await integrateFlow(denoiser, start, { times, solver: 'midpoint', pull });
    const ode = [x.data[0]!, (x.data[1]! - x.data[0]!) ** 2] as const;
    const { state, pulled, deviation } = noisingLaw({ to: end, gamma });
    const sde = [state * mean + pulled * target, state ** 2 * variance + deviation ** 2] as const;
    laws.push({ gamma, ode, sde, gap: Math.max(Math.abs(ode[0] - sde[0]), Math.abs(ode[1] - sde[1])) });
  }
  return laws;
}
