import type { Denoiser, Metadata } from '@lab/diffusion-core';
import { toFloat64 } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import {
  cop,
  copFineTune,
  cps,
  diffTime,
  diffusionTs,
  guidedDiffTime,
  networkPullback,
  pdm,
  postHoc,
  prodigy,
  unconstrained,
  type RealismOptions,
  type SeriesMethod,
} from '../../baselines';
import { autocorrelation, all, type Constraint } from '../../constraints';
import { compileConstraints } from '../../projection';
import { schedule } from './models';
import { takeRows, type SeriesTask } from './task';

/** How many of the baselines run. */
export type MethodChoice = 'few' | 'most' | 'all';

/** One method on one model. */
export interface Contender {
  readonly method: SeriesMethod;
  readonly denoiser: Denoiser<Array64>;
  /** Whether its constraints hold in the end by construction. */
  readonly isHard: boolean;
  /** Runs in the first repeat alone: it is ten times as slow as the others. */
  readonly once?: boolean;
}

export interface ContenderOptions {
  readonly choice: MethodChoice;
  readonly free: Denoiser<Tensor, Metadata>;
  /** Models that were retrained for constraints, where they are wanted. */
  readonly retrained: readonly { readonly name: string; readonly denoiser: Denoiser<Tensor, Metadata> }[];
  /** [B, m] what the retrained models are told. */
  readonly parameters: Tensor;
  /** The source series in the model's coordinates. */
  readonly source: Array64;
  /** Their constraints. */
  readonly constraints: Constraint;
}

/** Everything that is compared on one data set; CPS comes last. */
export function contenders(
  task: SeriesTask,
  { choice, free, retrained, parameters, source, constraints }: ContenderOptions,
): Contender[] {
  const denoiser = toFloat64(free) as Denoiser<Array64>;
  const pullback = networkPullback(free, schedule);
  const soft = (method: SeriesMethod): Contender => ({ method, denoiser, isHard: false });
  const hard = (method: SeriesMethod): Contender => ({ method, denoiser, isHard: true });
  const guidance = (choice === 'few' ? [0.3] : [0.1, 0.3, 1]).map((rho) =>
    soft(guidedDiffTime({ rho, pullback })),
  );
  const few = [soft(unconstrained()), ...guidance, hard(postHoc()), hard(prodigy())];
  if (choice === 'few') return [...few, hard(cps())];
  const most = [
    ...few,
    { ...hard(pdm()), once: choice !== 'all' },
    hard(cop({ training: task.train })),
    hard(copFineTune(budget(task, constraints))),
    soft(diffusionTs({ ...givenEntries(task, source), pullback })),
    ...retrained.map((model) => ({
      method: { ...diffTime({ parameters }), name: model.name },
      denoiser: toFloat64(model.denoiser),
      isHard: false,
    })),
  ];
  const ours = [hard(cps({ name: 'cps, eta 1', eta: 1 })), hard(cps())];
  if (choice === 'most') return [...most, ...ours];
  return [...most, hard(prodigy({ power: 4 })), hard(cps({ name: 'cps, hard', gamma: 'hard' })), ...ours];
}

/** COP fine-tuning's realism: the last channel's lag-1 autocorrelation stays within 0.05 of the seed's. */
function budget(task: SeriesTask, constraints: Constraint): RealismOptions {
  const [, length = 0, channels = 0] = task.train.shape;
  return {
    withRealism: (seeds) => {
      const raw = task.toRaw(seeds);
      const own = Array.from({ length: seeds.shape[0]! }, (_, b) =>
        correlation(Float64Array.from({ length }, (__, t) => raw.data[(b * length + t + 1) * channels - 1]!)),
      );
      return compileConstraints(
        all(
          constraints,
          autocorrelation({
            lag: 1,
            channel: channels - 1,
            lower: own.map((value) => value - 0.05),
            upper: own.map((value) => value + 0.05),
          }),
        ),
        { shape: [length, channels], batch: seeds.shape[0]!, channels: task.channels, scale: task.scale },
      );
    },
  };
}

function correlation(row: Float64Array): number {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  let [product, square] = [0, 1e-12];
  row.forEach((value, t) => {
    square += (value - mean) ** 2;
    if (t > 0) product += (value - mean) * (row[t - 1]! - mean);
  });
  return product / square;
}

function givenEntries(task: SeriesTask, source: Array64) {
  const size = source.data.length / source.shape[0]!;
  const mask = new Float64Array(size);
  for (const entry of task.given) mask[entry] = 1;
  return { mask, values: source };
}

/** The parameters of some test series as a tensor; the caller's to dispose. */
export function parametersOf(task: SeriesTask, rows: ArrayLike<number>): Tensor {
  const { shape, data } = task.parameters(takeRows(task.testRaw, rows));
  return tf.tensor2d(Float32Array.from(data), shape as [number, number]);
}
