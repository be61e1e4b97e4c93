import { foldIn, key, split, type Key } from '@lab/tensor-core/random';
import {
  planted,
  pretrain,
  taskSampler,
  tasks,
  type FeatureModel,
  type Planted,
  type PretrainOptions,
  type Task,
} from '../../src';

export interface Trained {
  readonly problem: Planted;
  readonly tasks: readonly Task[];
  readonly model: FeatureModel;
}

/** Pre-trains on `count` fresh tasks of a planted problem. */
export async function trainOn(
  options: {
    readonly seed: number;
    readonly dimensions: number;
    readonly rank: number;
    readonly count: number;
    readonly n: number;
    readonly make?: (key: Key, rank: number) => Task;
  },
  more: Partial<PretrainOptions> = {},
): Promise<Trained> {
  const { seed, dimensions, rank, count, n, make = (at, r) => tasks.signLinear(at, { rank: r }) } = options;
  const [projecting, drawing, training] = split(key(seed), 3) as [Key, Key, Key];
  const problem = planted(projecting, { dimensions, rank });
  const drawn = Array.from({ length: count }, (_, t) => make(foldIn(drawing, t), rank));
  const samplers = drawn.map((task) => taskSampler(problem, task));
  const model = await pretrain(samplers, { key: training, headSamples: n, ...more });
  return { problem, tasks: drawn, model };
}
