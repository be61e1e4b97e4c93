import { defineExperiment, lineFigure } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn } from '@lab/tensor-core/random';
import { attentionRegressor, softmaxUnit } from '../../attention';
import { oracleWindow } from '../../baselines';
import { meanLoss, type Pretrained } from '../../pretrain';
import {
  affineTasks,
  coordinateBasis,
  cosineTasks,
  drawPrompts,
  linearTasks,
  lowRankTasks,
  productSphere,
  quadraticTasks,
  sphere,
  subspaceEnergy,
  subspaceError,
  type CovariateLaw,
  type TaskFamily,
} from '../../tasks';
import { fullTraining, trainJobs, type Job, type TrainingScale } from '../shared/training';
import { claimsOf, type LowRankMeasured, type Outside } from './claims';

export interface LowRankSettings {
  readonly training: TrainingScale;
  readonly prompts: number;
}

const dimension = 6;
const rank = 2;
export const basis = coordinateBasis(dimension, rank);
const families: Readonly<Record<string, TaskFamily>> = {
  linear: linearTasks({ lipschitz: 1 }),
  affine: affineTasks({ lipschitz: 1 }),
  quadratic: quadraticTasks({ lipschitz: 3 }),
  cosine: cosineTasks({ lipschitz: 3 }),
};

/** Does the unit find the subspace that the tasks live in? */
export const lowRank = defineExperiment<LowRankSettings>({
  id: 'low-rank',
  paper: 'icl-attention',
  title: 'Does attention learn the direction?',
  summary:
    'Tasks depend on two of six coordinates. The unit starts from a multiple of the identity; the energy of its matrix is followed ' +
    'in and out of the subspace, first on a product of spheres, where projecting is exactly optimal, then on the full ' +
    'sphere, where for even families it is not. Losses of matrices with a growing part outside the subspace show both.',
  data: ['drawn here: low-rank linear, affine, quadratic and cosine tasks in six dimensions'],
  scales: {
    tour: { training: { steps: 400, batch: 64, queries: 8, finalShare: 0.01 }, prompts: 500 },
    quick: { training: { steps: 500, batch: 64, queries: 8, finalShare: 0.01 }, prompts: 1500 },
    full: { training: { ...fullTraining, steps: 1200 }, prompts: 10_000 },
  },
  async run(context) {
    const { training, prompts } = context.settings;
    const product = { covariates: productSphere({ dimension, inner: rank }), context: 50, noise: 0.1 };
    const full = { covariates: sphere(dimension), context: 100, noise: 0.1 };
    const curves = new Map<string, { step: number; error: number }[]>();
    const job = (
      name: string,
      law: typeof full,
      at: number,
      label = `${name} tasks, ${law.covariates.name}`,
    ): Job => {
      const curve = [{ step: 0, error: 1 }];
      curves.set(label, curve);
      return {
        ...law,
        label,
        family: lowRankTasks(families[name]!, { basis }),
        key: foldIn(foldIn(context.key, 0), at),
        startWindow: 3,
        learningRate: 0.3,
        inspectEvery: 50,
        onMatrix: ({ step, matrix }) => curve.push({ step, error: subspaceError(matrix, basis) }),
      };
    };
    const onProduct = ['linear', 'quadratic', 'cosine'];
    const onSphere = ['affine', 'quadratic', 'cosine'];
    const jobs = [
      ...onProduct.map((name, at) => job(name, product, at)),
      ...onSphere.map((name, at) => job(name, full, 10 + at)),
      {
        ...job('affine', full, 20, 'affine tasks, sphere, linear attention'),
        kind: 'linear',
        startWindow: 1,
      } as Job,
    ];
    const trained = await trainJobs(jobs, { context, training, span: [0, 0.75] });
    const rows = trained.map((each, at) => ({
      ...measured(jobs[at]!, each),
      early: curves.get(jobs[at]!.label)!.find(({ step }) => step === 100)!.error,
    }));

    const affine = lowRankTasks(families.affine!, { basis });
    const test = drawPrompts(foldIn(context.key, 1), { ...full, family: affine, batch: prompts, queries: 4 });
    const isotropic = oracleWindow(test);
    const loss = (at: number): number => meanLoss(attentionRegressor(trained[at]!.unit), test).mean;
    const errors = { learned: loss(3), isotropic: isotropic.loss, linear: loss(6) };
    context.progress(0.85, 'losses outside the subspace');
    const outside = (
      name: string,
      law: { covariates: CovariateLaw; context: number; noise: number },
      options: { inside: number; values: readonly number[] },
    ): Outside => {
      const family = lowRankTasks(families[name]!, { basis });
      const drawn = drawPrompts(foldIn(context.key, 2), { ...law, family, batch: prompts, queries: 2 });
      return {
        name: `${name} tasks, ${law.covariates.name}`,
        values: options.values,
        losses: options.values.map((value) =>
          meanLoss(attentionRegressor(softmaxUnit({ matrix: blocks(options.inside, value) })), drawn),
        ),
      };
    };
    const grids = [
      outside('linear', product, { inside: 8, values: [-4, -2, -1, 0, 1, 2, 4] }),
      outside('cosine', product, { inside: 8, values: [-4, -2, -1, 0, 1, 2, 4] }),
      outside('affine', full, { inside: 8.3, values: [-2, 0, 2, 4, 6, 9] }),
      outside('cosine', full, { inside: 13.4, values: [-2, 0, 2, 4, 6, 9] }),
    ];
    context.progress(1);
    return {
      claims: claimsOf({ rows, errors, grids }),
      tables: [
        {
          id: 'matrices',
          title: 'Learned matrices',
          columns: ['tasks', 'inputs', 'attention', 'rho', 'energy in the subspace', 'in-span eigenvalues'],
          rows: rows.map(({ family, law, kind, error, energy, inside }) => [
            family,
            law,
            kind,
            Number(error.toFixed(4)),
            Number(energy.toFixed(4)),
            inside.map((each) => each.toFixed(2)).join(', '),
          ]),
        },
        {
          id: 'outside',
          title: 'Loss of M = diag(c1, c1, c2, c2, c2, c2) by c2',
          columns: ['tasks and inputs', 'c2: loss'],
          rows: grids.map(({ name, values, losses }) => [
            name,
            values.map((value, i) => `${value}: ${losses[i]!.mean.toFixed(4)}`).join('; '),
          ]),
        },
      ],
      figures: [
        lineFigure({
          id: 'subspace-error',
          title: 'Subspace error while training',
          caption:
            'rho(M, B), the part of M outside the subspace over the least part inside; it starts at 1.',
          series: [...curves].slice(0, 6).map(([name, curve]) => ({
            name,
            x: curve.map(({ step }) => step),
            y: curve.map(({ error }) => Math.max(error, 1e-4)),
          })),
          x: { title: 'steps' },
          y: { title: 'rho', scale: 'log' },
        }),
        lineFigure({
          id: 'outside',
          title: 'What a part outside the subspace costs',
          caption: 'Loss over the least of its curve, by the entry c2 of M outside the subspace.',
          series: grids.map(({ name, values, losses }) => ({
            name,
            x: values,
            y: losses.map(({ mean }) => mean / Math.min(...losses.map((each) => each.mean))),
          })),
          x: { title: 'c2' },
          y: { title: 'loss over the least', scale: 'log' },
        }),
      ],
    };
  },
});

function measured(
  { family, covariates, kind = 'softmax' }: Job,
  { unit }: Pretrained,
): Omit<LowRankMeasured, 'early'> {
  const { data } = unit.matrix;
  return {
    family: family.name.replace('low-rank ', ''),
    law: covariates.name,
    kind,
    error: subspaceError(unit.matrix, basis),
    energy: subspaceEnergy(unit.matrix, basis),
    inside: eigenvalues(data[0]!, (data[1]! + data[dimension]!) / 2, data[dimension + 1]!),
  };
}

/** Absolute eigenvalues of [[a, b], [b, c]], larger first. */
function eigenvalues(a: number, b: number, c: number): [number, number] {
  const root = Math.hypot((a - c) / 2, b);
  const pair = [(a + c) / 2 + root, (a + c) / 2 - root].map(Math.abs);
  return [Math.max(...pair), Math.min(...pair)];
}

function blocks(inside: number, outside: number): Array64 {
  const data = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) data[i * (dimension + 1)] = i < rank ? inside : outside;
  return { shape: [dimension, dimension], data };
}
