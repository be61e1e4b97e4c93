import { foldIn, split, type Key } from '@lab/tensor-core/random';
import { tasks, planted, taskSampler, type Planted, type Task } from '../../tasks';
import type { TaskSampler } from '../../data/task-data';

export type Family = 'signLinear' | 'balanced' | 'uniform';

/** A planted problem and its pre-training tasks. */
export interface Setting {
  readonly problem: Planted;
  readonly family: Family;
  readonly tasks: readonly Task[];
  readonly samplers: readonly TaskSampler[];
}

export function drawSetting(
  key: Key,
  options: {
    readonly dimensions: number;
    readonly rank: number;
    readonly count: number;
    readonly family: Family;
  },
): Setting {
  const { dimensions, rank, count, family } = options;
  const [projecting, drawing] = split(key) as [Key, Key];
  const problem = planted(projecting, { dimensions, rank });
  const drawn = Array.from({ length: count }, (_, t) => {
    const at = foldIn(drawing, t);
    return family === 'signLinear'
      ? tasks.signLinear(at, { rank })
      : tasks.booleanSign(at, { rank, labels: family });
  });
  return { problem, family, tasks: drawn, samplers: drawn.map((task) => taskSampler(problem, task)) };
}

/** The downstream task that is not linear in any feature: the parity of all r signs, XOR for r = 2. */
export const parityOf = (rank: number): Task => tasks.parity(Array.from({ length: rank }, (_, i) => i));
