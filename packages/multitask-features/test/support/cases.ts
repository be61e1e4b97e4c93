import { disposeTree } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { methodCase, notApplicable, type AnyMethodCase } from '@lab/testing';
import {
  alternatingRidge,
  fitProbe,
  jointAdam,
  labelColumns,
  loadModel,
  momentSubspace,
  ntkKernel,
  pretrain,
  probeScores,
  pseudoContrastiveStep,
  randomHeads,
  saveModel,
  secondMomentSubspace,
  type FeatureModel,
  type PretrainOptions,
  type TaskSource,
} from '../../src';
import { coins, gaussian } from './matrices';

interface Table {
  readonly x: Array64;
  readonly labels: Array64;
}

const table = (tasks: number): Table => ({ x: gaussian(key(1), 30, 4), labels: coins(key(2), 30, tasks) });
const rows = (count: number): Table => ({
  x: gaussian(key(1), count, 4),
  labels: coins(foldIn(key(2), count), count, 3),
});
const spoilt = ({ x, labels }: Table): Table => ({
  labels,
  x: { ...x, data: x.data.map((value, i) => (i === 5 ? NaN : value)) },
});
const tasksOf = ({ x, labels }: Table): TaskSource[] => labelColumns(x, labels);

const empty = { x: gaussian(key(1), 30, 4), labels: { shape: [30, 0], data: new Float64Array(0) } };
const noBatch = notApplicable('tasks are learnt together: that is the method');

/** The algorithm with either way to come by heads. */
function modelCase(
  name: string,
  run: (tasks: readonly TaskSource[], options: PretrainOptions) => Promise<FeatureModel>,
): AnyMethodCase {
  return methodCase<Table, FeatureModel>({
    name,
    input: () => table(3),
    run: (input, { key: from, signal, onStep }) =>
      run(tasksOf(input), { key: from, width: 8, whiten: true, signal, onStep }),
    numbers: ({ weights }) => weights,
    random: true,
    withNaN: spoilt,
    empty: () => empty,
    single: () => table(1),
    abort: true,
    saved: (model) => loadModel(saveModel(model)),
    batch: noBatch,
  });
}

/** A method that gives a matrix at once. */
function matrixCase(
  name: string,
  run: (input: Table, from: readonly [number, number]) => Array64 | Promise<Array64>,
  { random = false }: { readonly random?: boolean } = {},
): AnyMethodCase {
  return methodCase<Table, Array64>({
    name,
    input: () => table(3),
    run: (input, { key: from }) => run(input, from),
    numbers: (matrix) => matrix,
    random,
    withNaN: spoilt,
    empty: () => empty,
    single: () => table(1),
    abort: notApplicable('one pass over the data'),
    saved: notApplicable('a plain matrix'),
    batch: noBatch,
  });
}

const joint = methodCase<Table, { weights: Array64 }>({
  name: 'jointAdam',
  input: () => table(3),
  run: (input, { key: from, signal, onStep }) =>
    jointAdam(tasksOf(input), { key: from, width: 6, epochs: 10, batchSize: 90, signal, onStep }),
  numbers: ({ weights }) => weights,
  random: true,
  withNaN: spoilt,
  empty: () => empty,
  single: () => table(1),
  abort: true,
  saved: notApplicable('a plain matrix'),
  batch: noBatch,
  dispose: (output) => disposeTree(output),
});

const probe = methodCase<Table, Float64Array>({
  name: 'fitProbe',
  input: () => rows(20),
  run: ({ x, labels }) => {
    const y = Float64Array.from({ length: x.shape[0]! }, (_, i) => labels.data[i * 3]!);
    return probeScores(fitProbe(x, y), x);
  },
  numbers: (scores) => scores,
  random: false,
  withNaN: spoilt,
  empty: () => rows(0),
  single: () => rows(1),
  abort: notApplicable('one linear system'),
  saved: (scores) => Float64Array.from(JSON.parse(JSON.stringify([...scores])) as number[]),
  batch: notApplicable('a fit belongs to all of its rows'),
});

const kernel = methodCase<Table, Array64>({
  name: 'ntkKernel',
  input: () => rows(3),
  run: ({ x }) => ntkKernel(x, gaussian(key(9), 2, 4)),
  numbers: (matrix) => matrix,
  random: false,
  withNaN: spoilt,
  empty: () => rows(0),
  single: () => rows(1),
  abort: notApplicable('one pass over the pairs'),
  saved: notApplicable('a plain matrix'),
  batch: {
    members: ({ x, labels }) =>
      [0, 1, 2].map((i) => ({ labels, x: { shape: [1, 4], data: x.data.slice(4 * i, 4 * i + 4) } })),
  },
});

export const methodCases: readonly AnyMethodCase[] = [
  modelCase('pretrain', pretrain),
  modelCase('randomHeads', randomHeads),
  matrixCase(
    'momentSubspace',
    (input, at) => momentSubspace(tasksOf(input), { key: at, rank: 2 }).directions,
  ),
  matrixCase(
    'secondMomentSubspace',
    (input, at) => secondMomentSubspace(tasksOf(input), { key: at, rank: 2 }).directions,
  ),
  matrixCase('alternatingRidge', (input, at) => alternatingRidge(tasksOf(input), { key: at, width: 8 }), {
    random: true,
  }),
  matrixCase(
    'pseudoContrastiveStep',
    ({ x, labels }) => pseudoContrastiveStep(gaussian(key(4), 5, 4), { x, labels }).gradient,
  ),
  joint,
  probe,
  kernel,
];
