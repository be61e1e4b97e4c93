import { adamw, disposeTree, piecewise, silu, tf, type MlpParams, type Tensor } from '@lab/tensor-core';
import { foldIn, permutation, uniform64, type Key } from '@lab/tensor-core/random';
import { supError } from '../../metrics/scores';
import { meanSquare } from '../../model/losses';
import { train } from '../../model/train';
import type { Samples } from '../../model/types';
import { perceptron, type Perceptron } from '../shared/perceptron';

export interface SineSettings {
  /** x lies in [-domain, domain]. */
  readonly domain: number;
  readonly retained: number;
  readonly poisoned: number;
  readonly width: number;
  /** Full-batch epochs of the original training. */
  readonly training: number;
}

/** A network that fits sin x on the retained points and 1.5 on the poisoned ones. */
export interface SineProblem {
  readonly network: Perceptron;
  readonly params: MlpParams;
  readonly retain: Samples;
  readonly forget: Samples;
  readonly grid: { readonly x: Tensor; readonly y: Float64Array };
  /** Mean square on all points. */
  readonly loss: number;
  /** sup |f - sin| before unlearning. */
  readonly error: number;
}

const column = (values: ArrayLike<number>): Tensor =>
  tf.tensor2d(Float32Array.from(values), [values.length, 1]);

/**
 * Retained points on a jittered grid and poisoned ones midway in gaps: a poisoned point beside a retained one could not be
 * fitted.
 */
export async function sineProblem(
  key: Key,
  settings: SineSettings,
  signal?: AbortSignal,
): Promise<SineProblem> {
  const { domain, retained, poisoned, width, training } = settings;
  const spacing = (2 * domain) / (retained - 1);
  const jitter = uniform64(foldIn(key, 0), retained, { low: -0.25, high: 0.25 });
  const xs = Array.from({ length: retained }, (_, i) =>
    i === 0 ? -domain : i === retained - 1 ? domain : -domain + (i + jitter[i]!) * spacing,
  );
  const gaps = permutation(foldIn(key, 1), retained - 1).subarray(0, poisoned);
  const bad = Array.from(gaps, (gap) => (xs[gap]! + xs[gap + 1]!) / 2);
  const network = perceptron([1, width, width, 1], silu);
  const points = Array.from({ length: 1000 }, (_, i) => -domain + (2 * domain * i) / 999);
  const all = { x: column([...xs, ...bad]), y: column([...xs.map(Math.sin), ...bad.map(() => 1.5)]) };
  const first = network.init(foldIn(key, 2));
  const { params, losses } = await train({
    params: first,
    optimizer: adamw({
      learningRate: piecewise(3e-3, { [Math.round(0.75 * training)]: 0.1 }),
    }),
    loss: (p, { x, y }: { x: Tensor; y: Tensor }) => meanSquare([network.apply(p, x)], [y]),
    batches: () => all,
    steps: training,
    key: foldIn(key, 3),
    signal,
  });
  disposeTree([first, all]);
  const problem = {
    network,
    params,
    retain: { x: column(xs), y: column(xs.map(Math.sin)) },
    forget: { x: column(bad), y: column(bad.map(() => 1.5)) },
    grid: { x: column(points), y: Float64Array.from(points, Math.sin) },
    loss: losses.at(-1)!,
  };
  return { ...problem, error: await sineError(problem, params) };
}

/** sup |f - sin| over the grid. */
export async function sineError(
  { network, grid }: Pick<SineProblem, 'network' | 'grid'>,
  params: MlpParams,
): Promise<number> {
  return supError(await sineValues({ network, grid }, params), grid.y);
}

export async function sineValues(
  { network, grid }: Pick<SineProblem, 'network' | 'grid'>,
  params: MlpParams,
): Promise<Float32Array> {
  const values = tf.tidy(() => network.apply(params, grid.x));
  const found = (await values.data()) as Float32Array;
  values.dispose();
  return found.slice();
}

export const freeSine = ({ params, retain, forget, grid }: SineProblem): void => {
  disposeTree([params, retain, forget, grid.x]);
};
