import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal, split, type Key } from '@lab/tensor-core/random';
import { checkCount } from '../theory/checks';
import { checkPrompt, type PromptSize } from '../theory/population-loss';
import type { CovariateLaw } from './covariates';
import type { TaskFamily } from './family';

/** A batch of prompts, each with a task of its own, in main memory. */
export interface Prompts {
  /** Context inputs [batch, n, d]. */
  readonly x: Array64;
  /** Noisy context labels [batch, n]. */
  readonly y: Array64;
  /** Queries [batch, m, d]. */
  readonly queries: Array64;
  /** Noiseless labels of the queries [batch, m]. */
  readonly targets: Array64;
}

export interface DrawPromptsOptions extends PromptSize {
  readonly family: TaskFamily;
  readonly covariates: CovariateLaw;
  /** Prompts, from 1. */
  readonly batch: number;
  /** Queries of each prompt, from 1. @default 1 */
  readonly queries?: number;
}

/**
 * Prompts of fresh tasks. Tasks, inputs and noise have streams of their own, so two families or two noise levels drawn
 * with one key see the same inputs, and comparisons between them are paired.
 *
 * @throws LabError `argument` for an empty context or batch, or a negative noise
 * @example
 * drawPrompts(key(0), { family: affineTasks({ lipschitz: 1 }), covariates: sphere(3), batch: 8, context: 50, noise: 0.1 });
 */
export function drawPrompts(key: Key, options: DrawPromptsOptions): Prompts {
  const { family, covariates, batch, context, noise, queries = 1 } = options;
  checkPrompt({ context, noise }, 'drawPrompts');
  checkCount(batch, { argument: 'batch', where: 'drawPrompts' });
  checkCount(queries, { argument: 'queries', where: 'drawPrompts' });
  const { dimension } = covariates;
  const [taskKey, directionKey, contextKey, queryKey, noiseKey] = split(key, 5) as [Key, Key, Key, Key, Key];
  const profiles = family.profiles(taskKey, batch);
  const directions = family.directions(directionKey, batch, dimension);
  if (profiles.length !== batch || directions.length !== batch * dimension)
    throw new LabError('shape', 'drawPrompts: the family gave another number of tasks than asked for', {
      argument: 'family',
      expected: batch,
      received: profiles.length,
    });
  const labels = (points: Float64Array, perTask: number): Float64Array => {
    const values = new Float64Array(batch * perTask);
    for (let task = 0; task < batch; task++) {
      const profile = profiles[task]!;
      for (let i = task * perTask; i < (task + 1) * perTask; i++) {
        let z = 0;
        for (let j = 0; j < dimension; j++)
          z += points[i * dimension + j]! * directions[task * dimension + j]!;
        values[i] = profile(z);
      }
    }
    return values;
  };
  const x = covariates.draw(contextKey, batch * context);
  const xq = covariates.draw(queryKey, batch * queries);
  const y = labels(x, context);
  if (noise > 0) {
    const errors = normal(noiseKey, y.length);
    for (let i = 0; i < y.length; i++) y[i]! += noise * errors[i]!;
  }
  return {
    x: { shape: [batch, context, dimension], data: x },
    y: { shape: [batch, context], data: y },
    queries: { shape: [batch, queries, dimension], data: xq },
    targets: { shape: [batch, queries], data: labels(xq, queries) },
  };
}
