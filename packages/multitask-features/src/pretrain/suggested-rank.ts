import { LabError } from '@lab/tensor-core/errors';
import { permutation, type Key } from '@lab/tensor-core/random';
import {
  isTable,
  labelledRows,
  type LabelledRows,
  type TaskData,
  type TaskSampler,
  type TaskSource,
} from '../data/task-data';
import { whiten, whitening } from '../data/whitening';
import type { FeatureModel } from './feature-model';
import type { PretrainOptions } from './options';
import { pretrain } from './pretrain';
import { stream } from './streams';

/**
 * The rank at the largest gap of the singular values, with the factor of that gap. A reading, not a fact: with few data it
 * is too low; `permutationRank` is a second reading.
 */
export function suggestedRank({ singularValues: s }: Pick<FeatureModel, 'singularValues'>): {
  readonly rank: number;
  readonly gap: number;
} {
  let best = { rank: 1, gap: 1 };
  // The smallest values of a matrix with noise fall off by themselves
  for (let k = 1; k <= s.length / 2 && s[k]! > 1e-9 * s[0]!; k++) {
    const gap = s[k - 1]! / s[k]!;
    if (gap > best.gap) best = { rank: k, gap };
  }
  return best;
}

export interface PermutationRank {
  /** Singular values of the gradient above 1.5 times the largest that shuffled labels give. */
  readonly rank: number;
  readonly floor: number;
  /** From the lower of this and the gap's rank to the higher. */
  readonly range: readonly [low: number, high: number];
}

/**
 * The rank above the noise floor: the same training with the labels of the representation step shuffled among the rows, three
 * times. Heads keep their labels: shuffled there too, as spec 8 has it, heads would be noise alone and the floor far too low,
 * since what leaks out of the subspace is true heads times noise of the gradient.
 *
 * @param model what `pretrain(tasks, options)` gave
 */
export async function permutationRank(
  model: FeatureModel,
  {
    tasks,
    repeats = 3,
    ...options
  }: PretrainOptions & { readonly tasks: readonly TaskSource[]; readonly repeats?: number },
): Promise<PermutationRank> {
  const { scale, singularValues } = model.rounds[0]!;
  const tables = tasks.map(tableOf);
  const white =
    model.whiteWeights === model.weights ? undefined : whitening([...new Set(tables.map(({ x }) => x))]);
  let floor = 0;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const shuffled = tables.map((task, t) => {
      const name = task.name ?? String(t);
      const rows = labelledRows({ ...task, name }, { real: options.realTargets === true });
      const x = white ? whiten(rows.x, white) : rows.x;
      return shuffledSampler({ x, y: rows.y }, task, stream(options.key, 'shuffle', repeat, t));
    });
    const noise = (await pretrain(shuffled, { ...options, rounds: 1, whiten: false })).rounds[0]!;
    floor = Math.max(floor, noise.scale * noise.singularValues[0]!);
  }
  const rank = singularValues.filter((value) => value * scale > 1.5 * floor).length;
  const gap = suggestedRank({ singularValues }).rank;
  return { rank, floor, range: [Math.min(rank, gap), Math.max(rank, gap)] };
}

function tableOf(task: TaskSource): TaskData {
  if (isTable(task)) return task;
  throw new LabError('unsupported', 'permutationRank: samplers and streams have no rows to shuffle', {
    argument: 'tasks',
    hint: 'draw tables from them first',
  });
}

/** Gives the rows as they are to the head step, which comes first, and with shuffled labels to the other. */
function shuffledSampler({ x, y }: LabelledRows, { weight, name }: TaskData, key: Key): TaskSampler {
  const order = permutation(key, y.length);
  let draws = 0;
  return {
    dimensions: x.shape[1]!,
    ...(weight !== undefined && { weight }),
    ...(name !== undefined && { name }),
    draw: () => ({ x, y: draws++ === 0 ? y : Float64Array.from(order, (i) => y[i]!) }),
  };
}
