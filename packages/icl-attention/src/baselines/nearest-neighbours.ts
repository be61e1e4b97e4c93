import { LabError } from '@lab/tensor-core/errors';
import { checkPromptData, type Regressor } from '../attention/prompt';
import { meanLoss } from '../pretrain/mean-loss';
import type { Prompts } from '../tasks/prompts';
import { checkCount } from '../theory/checks';

/** The mean label of the k nearest context points; of all of them when there are no more. */
export function nearestNeighbours({
  neighbours,
}: {
  /** k, from 1. */ readonly neighbours: number;
}): Regressor {
  checkCount(neighbours, { argument: 'neighbours', where: 'nearestNeighbours' });
  return {
    name: `${neighbours} nearest neighbours`,
    predict(prompt) {
      const { context, dimension, queries } = checkPromptData(prompt, 'nearestNeighbours');
      const { x, y, mask } = prompt;
      const counted = Array.from({ length: context }, (_, i) => i).filter((i) => !mask || mask[i]);
      const distances = new Float64Array(context);
      return Float64Array.from({ length: queries }, (_, q) => {
        for (const i of counted) {
          distances[i] = 0;
          for (let j = 0; j < dimension; j++)
            distances[i] += (x.data[i * dimension + j]! - prompt.queries.data[q * dimension + j]!) ** 2;
        }
        const nearest = [...counted].sort((a, b) => distances[a]! - distances[b]!).slice(0, neighbours);
        return nearest.reduce((sum, i) => sum + y[i]!, 0) / nearest.length;
      });
    },
  };
}

/** The number of neighbours that is best on validation prompts. */
export function chooseNeighbours(
  prompts: Prompts,
  {
    candidates = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64],
  }: {
    /** @default 1 to 64 in ten steps */
    readonly candidates?: readonly number[];
  } = {},
): Regressor {
  if (candidates.length === 0)
    throw new LabError('argument', 'chooseNeighbours: there is no candidate', {
      argument: 'candidates',
      received: [],
    });
  const regressors = candidates.map((neighbours) => nearestNeighbours({ neighbours }));
  const losses = regressors.map((each) => meanLoss(each, prompts).mean);
  return regressors[losses.indexOf(Math.min(...losses))]!;
}
