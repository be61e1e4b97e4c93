import {
  adamw,
  disposeTree,
  sgd,
  tf,
  tidyTree,
  type LoraAdapters,
  type MlpParams,
  type Tensor,
} from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { methodCase, notApplicable, type AnyMethodCase, type MethodRun } from '@lab/testing';
import {
  adapt,
  linear,
  loadPeft,
  loraSlots,
  maml,
  metaRetrain,
  reptile,
  savePeft,
  sharedAdapterRetrain,
  standardRetrain,
  tableTask,
  type TableBatch,
  type Task,
} from '../../src';
import { gaussian } from './matrices';
import { network, squaredLoss } from './network';

interface Input {
  readonly params: MlpParams;
  readonly data: readonly TableBatch[];
}

const slots = loraSlots({ targets: /weight$/, rank: 1 });
const optimizer = adamw({ learningRate: 0.02 });

const tasksOf = ({ data }: Input): Task<MlpParams, TableBatch>[] =>
  data.map((each, t) => tableTask({ id: `${t}`, ...each, batchSize: 4 }));

const inputOf = (tasks: number): Input =>
  tidyTree(() => ({
    params: network.init(key(0)),
    data: Array.from({ length: tasks }, (_, t) => {
      const x = gaussian(10 + t, [8, 3]);
      const y = gaussian(20 + t, [8, 2]);
      return {
        x: tf.tensor2d(Float32Array.from(x.data), [8, 3]),
        y: tf.tensor2d(Float32Array.from(y.data), [8, 2]),
      };
    }),
  }));

const spoiled = (input: Input): Input => {
  const [first, ...rest] = input.data;
  const x = first!.x.dataSync().slice() as Float32Array;
  x[1] = NaN;
  first!.x.dispose();
  return { ...input, data: [{ ...first!, x: tf.tensor2d(x, [8, 3]) }, ...rest] };
};

const flat = (tree: unknown): number[] => {
  const leaves: number[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof tf.Tensor) leaves.push(...(value as Tensor).dataSync());
    else if (value && typeof value === 'object') Object.values(value).forEach(visit);
  };
  visit(tree);
  return leaves;
};

const noBatch = notApplicable('tasks are trained together, that is the method');

const trainingCase = (
  name: string,
  run: (input: Input, run: MethodRun) => Promise<unknown>,
  options: { readonly saved?: (output: unknown) => Promise<unknown>; readonly random?: boolean } = {},
): AnyMethodCase =>
  methodCase<Input, unknown>({
    name,
    input: () => inputOf(2),
    run,
    numbers: flat,
    dispose: disposeTree,
    random: options.random ?? true,
    withNaN: spoiled,
    empty: () => ({ ...inputOf(0) }),
    single: () => inputOf(1),
    abort: true,
    saved: options.saved ?? notApplicable('parameters are a tree of tensors, which tensor-core saves'),
    batch: noBatch,
  });

const common = (input: Input, run: MethodRun) => ({
  ...run,
  params: input.params,
  tasks: tasksOf(input),
  loss: squaredLoss,
  optimizer,
  epochs: 2,
});

const trainings: AnyMethodCase[] = [
  trainingCase('metaRetrain', async (input, run) => {
    const { params, slots: own } = await metaRetrain({ ...common(input, run), slots });
    return { params, own };
  }),
  trainingCase(
    'adapt',
    async (input, run) => {
      const [task] = tasksOf(input);
      if (!task) return {};
      const { tasks: _, ...rest } = common(input, run);
      return (await adapt({ ...rest, task, slots })).slot;
    },
    {
      saved: async (slot) => {
        const params = tidyTree(() => network.init(key(0)));
        try {
          const files = await savePeft({
            params,
            adapters: slot as LoraAdapters,
            alpha: slots.options.alpha,
          });
          return loadPeft(files, { params }).adapters;
        } finally {
          disposeTree(params);
        }
      },
    },
  ),
  trainingCase('standardRetrain', async (input, run) => (await standardRetrain(common(input, run))).params),
  trainingCase(
    'sharedAdapterRetrain',
    async (input, run) => (await sharedAdapterRetrain({ ...common(input, run), slots })).params,
  ),
  trainingCase('reptile', async (input, run) => {
    const { params } = await reptile({
      ...common(input, run),
      inner: optimizer,
      outer: sgd({ learningRate: 0.5 }),
      innerSteps: 3,
      rounds: 2,
    });
    return params;
  }),
  trainingCase('maml', async (input, run) => {
    const { params } = await maml({
      ...common(input, run),
      steps: 3,
      episodes: (step, each) =>
        tasksOf(input).map((task) => {
          const [support, query] = task.batches(step, each);
          return { support: support!, query: query! };
        }),
    });
    return params;
  }),
];

const targetsOf = (count: number): Array64[] =>
  Array.from({ length: count }, (_, t) => {
    const u = gaussian(30 + t, [4, 1]);
    return matmul(u, transpose(u));
  });

const linearCase = methodCase<readonly Array64[], linear.LinearFit>({
  name: 'linear.fitLinear',
  input: () => targetsOf(3),
  run: (targets, { key: drawn, signal, onStep }) =>
    linear.fitLinear(targets, { rank: 1, key: drawn, signal, onStep, restarts: 3 }),
  numbers: ({ adapters }) => adapters.flatMap(({ up }) => Array.from(up.data)),
  random: true,
  withNaN: ([first, ...rest]) => [
    { ...first!, data: Float64Array.from(first!.data).fill(NaN, 0, 1) },
    ...rest,
  ],
  empty: () => [],
  single: () => targetsOf(1),
  abort: true,
  saved: notApplicable('plain matrices, with no state to keep'),
  batch: noBatch,
});

const innerCase = methodCase<Array64, linear.InnerSolution>({
  name: 'linear.innerSolve',
  input: () => gaussian(3, [4, 4]),
  run: (residual) => linear.innerSolve(residual, { rank: 2, adapter: 'asymmetric' }),
  numbers: ({ change }) => change.data,
  random: false,
  withNaN: ({ shape, data }) => ({ shape, data: Float64Array.from(data).fill(NaN, 1, 2) }),
  empty: () => ({ shape: [0, 0], data: new Float64Array(0) }),
  single: () => gaussian(4, [2, 2]),
  abort: notApplicable('one decomposition, nothing to interrupt'),
  saved: notApplicable('a plain matrix'),
  batch: notApplicable('one matrix at a time'),
});

export const methodCases: AnyMethodCase[] = [...trainings, linearCase, innerCase];
