import { methodCase, notApplicable, type AnyMethodCase } from '@lab/testing';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attentionRegressor,
  drawPrompts,
  fitTasks,
  leaveOneOutRegressor,
  linearUnit,
  loadTaskRegressor,
  loadUnit,
  meanLabel,
  nearestNeighbours,
  pretrainAttention,
  ridge,
  saveTaskRegressor,
  saveUnit,
  softmaxUnit,
  sphere,
  type Pretrained,
  type Prompt,
  type Regressor,
  type Task,
  type TaskRegressor,
} from '../../src';
import { promptAt } from './draw';
import { sineTasks } from '../../src/experiments/tasks/sine-tasks';

const prompts = drawPrompts(key(3), {
  family: affineTasks({ lipschitz: 1 }),
  covariates: sphere(3),
  batch: 1,
  context: 12,
  noise: 0.2,
  queries: 3,
});

const withQueries = (from: number, to: number): Prompt => {
  const prompt = promptAt(prompts, 0);
  return { ...prompt, queries: { shape: [to - from, 3], data: prompt.queries.data.slice(3 * from, 3 * to) } };
};

/** The samples of a regressor's batch are the queries of a prompt. */
const regressorCase = (regressor: Regressor): AnyMethodCase =>
  methodCase<Prompt, Float64Array>({
    name: regressor.name,
    input: () => withQueries(0, 3),
    run: (prompt) => regressor.predict(prompt),
    numbers: (labels) => labels,
    random: false,
    withNaN: (prompt) => ({ ...prompt, y: Float64Array.from(prompt.y).fill(NaN, 1, 2) }),
    empty: () => withQueries(0, 0),
    single: () => withQueries(1, 2),
    abort: notApplicable('one pass over the context, nothing to interrupt'),
    saved: notApplicable('predictions are plain numbers'),
    batch: { members: () => [0, 1, 2].map((q) => withQueries(q, q + 1)) },
  });

interface Training {
  readonly batch: number;
  readonly noise: number;
}

const pretrainCase = (kind: 'softmax' | 'linear'): AnyMethodCase =>
  methodCase<Training, Pretrained>({
    name: `pretrainAttention, ${kind}`,
    input: () => ({ batch: 4, noise: 0.2 }),
    run: (training, run) =>
      pretrainAttention({
        ...training,
        ...run,
        kind,
        family: affineTasks({ lipschitz: 1 }),
        covariates: sphere(3),
        context: 6,
        steps: 4,
      }),
    numbers: ({ unit }) => unit.matrix,
    random: true,
    withNaN: (training) => ({ ...training, noise: NaN }),
    empty: () => ({ batch: 0, noise: 0.2 }),
    single: () => ({ batch: 1, noise: 0.2 }),
    abort: true,
    saved: (trained) => ({ ...trained, unit: loadUnit(saveUnit(trained.unit)) }),
    batch: notApplicable('one matrix is learned from the whole batch'),
  });

const fitCase = methodCase<{ tasks: Task[] }, TaskRegressor>({
  name: 'fitTasks',
  input: () => ({ tasks: sineTasks(6, { rows: 8 }) }),
  run: ({ tasks }, run) => fitTasks(tasks, { ...run, steps: 4, batch: 3 }),
  numbers: ({ unit }) => unit.matrix,
  random: true,
  withNaN: ({ tasks: [first, ...rest] }) => ({
    tasks: [{ ...first!, y: new Float64Array(8).fill(NaN) }, ...rest],
  }),
  empty: () => ({ tasks: [] }),
  single: notApplicable('one task alone is refused: there is no family to learn from'),
  abort: true,
  saved: (regressor) => loadTaskRegressor(saveTaskRegressor(regressor)),
  batch: notApplicable('one metric is learned from all tasks'),
});

export const methodCases: readonly AnyMethodCase[] = [
  regressorCase(attentionRegressor(softmaxUnit({ window: 5, dimension: 3 }))),
  regressorCase(
    attentionRegressor(
      softmaxUnit({ window: 5, dimension: 3, kernel: 'rbf', includeQuery: true }),
      'softmax attention, rbf, with the query',
    ),
  ),
  regressorCase(attentionRegressor(linearUnit({ scale: 3, dimension: 3 }))),
  regressorCase(leaveOneOutRegressor()),
  regressorCase(nearestNeighbours({ neighbours: 3 })),
  regressorCase(ridge({ lambda: 0.1 })),
  regressorCase(ridge({ lambda: 0 })),
  regressorCase(meanLabel()),
  pretrainCase('softmax'),
  pretrainCase('linear'),
  fitCase,
];
