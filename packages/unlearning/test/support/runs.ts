import { disposeTree, sgd, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { unlearn, type UnlearnMethod, type UnlearnOptions } from '../../src';
import { classifier, classifierProblem, linearModel, linearProblem } from './problems';

/** The linear model of U1 after one epoch of plain descent: its four weights. */
export async function onLinear(
  method: UnlearnMethod,
  options: Partial<UnlearnOptions<{ w: Tensor }>> = {},
): Promise<number[]> {
  const problem = linearProblem();
  const { params } = await unlearn(linearModel, {
    ...problem,
    task: 'regression',
    method,
    epochs: 1,
    optimizer: sgd({ learningRate: 0.1 }),
    key: key(0),
    ...options,
  });
  const found = Array.from(params.w.dataSync());
  disposeTree([params, problem.params, problem.retain, problem.forget]);
  return found;
}

/** A run on the small classifier, with the problem it began from. */
export const onClassifier = async (
  method: UnlearnMethod,
  options: Partial<UnlearnOptions<ReturnType<typeof classifier.init>>> = {},
) => {
  const problem = classifierProblem();
  const result = await unlearn(classifier, {
    ...problem,
    task: 'classification',
    method,
    epochs: 1,
    key: key(0),
    ...options,
  });
  return {
    ...problem,
    result,
    leaves: (p: typeof problem.params) => p.layers.flatMap((l) => [l.weight, l.bias!]),
  };
};
