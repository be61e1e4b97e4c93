import { float64Space, toEstimate, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { controlledSde, integrateFlow } from '../../src';
import { column, schedule } from './gaussian';

export const rising = (from: number, to: number, steps: number): number[] =>
  Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps);

interface OdeOptions {
  /** A flow whose velocity is affine in the state. */
  readonly flow: Denoiser<Array64>;
  readonly times: readonly number[];
  readonly target?: number;
  readonly gain?: number;
}

/** Mean and variance that an affine flow gives a normal start: from the images of its mean and of one deviation above. */
export async function lawOfOde(
  start: { mean: number; variance: number },
  { flow, times, target, gain = 0 }: OdeOptions,
): Promise<[mean: number, variance: number]> {
  const deviation = Math.sqrt(start.variance);
  const { x } = await integrateFlow(flow, column(start.mean, start.mean + deviation), {
    times,
    solver: 'midpoint',
    ...(target !== undefined && {
      pull: { target: column(target, target), gains: times.slice(1).map(() => gain) },
    }),
  });
  const [mean, above] = x.data as unknown as [number, number];
  return [mean, (above - mean) ** 2];
}

interface SdeOptions {
  readonly flow: Denoiser<Array64>;
  readonly times: number[];
  readonly eta: number;
  readonly variant: 'paper' | 'reference';
}

/** Moments of `controlledSde` over a grid, exactly: an affine chain, from its values at three noises. */
export async function lawOfSde(
  start: { mean: number; variance: number },
  { flow: denoiser, times, eta, variant }: SdeOptions,
): Promise<[mean: number, variance: number]> {
  const solver = controlledSde({ reference: column(1, 1, 1), eta, variant, finalNoise: true });
  let [mean, v] = [start.mean, start.variance];
  for (const [i, t] of times.slice(0, -1).entries()) {
    const tNext = times[i + 1]!;
    const x = column(mean, mean + 1, mean);
    const evaluate = async (state: Array64, time: number) => {
      const prediction = await denoiser.predict(state, time);
      return toEstimate(float64Space, {
        predicts: 'sample',
        prediction,
        x: state,
        alpha: 1 - time,
        sigma: time,
      });
    };
    const levels = { t, tNext, alpha: 1 - t, sigma: t, alphaNext: 1 - tNext, sigmaNext: tNext };
    const place = { index: i, steps: times.length - 1, space: float64Space, schedule, x, evaluate };
    const { x: next } = await solver.step({ ...place, ...levels, noise: () => column(0, 0, 1) }, []);
    const [a, b, c] = next.data as unknown as [number, number, number];
    [mean, v] = [a, (b - a) ** 2 * v + (c - a) ** 2];
  }
  return [mean, v];
}
