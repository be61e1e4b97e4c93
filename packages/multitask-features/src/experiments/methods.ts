import { barFigure, claim, defineExperiment, repeat, summarize, type Summary } from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { transpose, type Array64 } from '@lab/tensor-core/linalg64';
import {
  alternatingRidge,
  jointAdam,
  momentSubspace,
  oracleFeatures,
  randomFeatures,
  randomHeads,
  secondMomentSubspace,
} from '../baselines';
import { tablesOf } from '../baselines/tables';
import { directionConditioning, subspaceEnergy, topDirections } from '../metrics';
import { pretrain } from '../pretrain';
import { drawDownstream, fewer, headAccuracy, ntkAccuracy, subspaceAccuracy } from './shared/downstream';
import { drawSetting, parityOf } from './shared/setting';

interface Settings {
  readonly dimensions: number;
  readonly tasks: number;
  readonly samples: number;
  readonly labels: number;
  /** Of the tangent kernel, whose cost is their cube. */
  readonly kernelLabels: number;
  readonly epochs: number;
  readonly repeats: number;
}

const rank = 3;
const width = 100;

interface Found {
  readonly energy?: number;
  readonly ratio?: number;
  readonly accuracy: number;
}

/** All baselines: what the head step is for. */
export const methods = defineExperiment<Settings>({
  id: 'methods',
  paper: 'multitask-features',
  title: 'The head step first, and every baseline',
  summary:
    'All methods learn from the same balanced Boolean tasks, then a linear head learns the parity of three hidden signs. What does ' +
    'the head step before the representation step do, and how do moments, joint training, alternating ridge heads, random features ' +
    'and the tangent kernel compare?',
  data: ['Gaussian inputs with a planted projection'],
  scales: {
    tour: {
      dimensions: 30,
      tasks: 40,
      samples: 600,
      labels: 1000,
      kernelLabels: 1000,
      epochs: 3,
      repeats: 1,
    },
    quick: {
      dimensions: 50,
      tasks: 80,
      samples: 1500,
      labels: 3000,
      kernelLabels: 1000,
      epochs: 8,
      repeats: 2,
    },
    full: {
      dimensions: 50,
      tasks: 80,
      samples: 1500,
      labels: 3000,
      kernelLabels: 3000,
      epochs: 200,
      repeats: 5,
    },
  },
  async run(context) {
    const { dimensions, tasks, samples, labels, kernelLabels, epochs, repeats } = context.settings;
    const runs = await repeat(context, repeats, async ({ key, progress }) => {
      const setting = drawSetting(foldIn(key, 0), { dimensions, rank, count: tasks, family: 'balanced' });
      const { problem, samplers } = setting;
      const { signal } = context;
      const data = drawDownstream(foldIn(key, 1), { problem, task: parityOf(rank), samples: labels });
      const at = foldIn(key, 2);
      const of = (weights: Array64): Found => ({
        energy: subspaceEnergy(weights, problem.projection),
        ratio: directionConditioning(weights, problem.projection),
        accuracy: headAccuracy(weights, data),
      });
      const subspace = (directions: Array64): Found => ({
        energy: subspaceEnergy(transpose(directions), problem.projection),
        ratio: directionConditioning(transpose(directions), problem.projection),
        accuracy: subspaceAccuracy(directions, data, { width }),
      });
      const found = new Map<string, Found>();
      const add = async (name: string, run: () => Found | Promise<Found>): Promise<void> => {
        progress(found.size / 11, name);
        found.set(name, await run());
      };
      const options = { key: at, width, headSamples: samples, signal };
      const model = await pretrain(samplers, options);
      const tables = tablesOf(samplers, { key: at, samples });
      await add('multi-task features', () => of(model.weights));
      await add('multi-task, project first', () => subspace(topDirections(model.weights, rank)));
      await add('random heads', async () => of((await randomHeads(samplers, options)).weights));
      await add('one task', async () =>
        of((await pretrain([samplers[0]!], { ...options, headSamples: tasks * samples })).weights),
      );
      await add('alternating ridge', async () => of(await alternatingRidge(tables, { key: at, width })));
      await add('first moments', () => subspace(momentSubspace(tables, { key: at, rank }).directions));
      await add('second moments', () => subspace(secondMomentSubspace(tables, { key: at, rank }).directions));
      await add('joint Adam', async () =>
        of((await jointAdam(tables, { key: at, width, epochs, signal })).weights),
      );
      await add('random features', () => of(randomFeatures(at, { width, dimensions })));
      await add('tangent kernel', () => ({ accuracy: ntkAccuracy(fewer(data, kernelLabels)) }));
      await add('oracle', () => of(oracleFeatures(at, problem.projection, { width })));
      return found;
    });
    const names = [...runs[0]!.keys()];
    const over = (name: string, score: keyof Found): Summary | undefined => {
      const values = runs.map((run) => run.get(name)![score]).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : summarize(values);
    };
    const mean = (name: string, score: keyof Found): number => over(name, score)!.mean;
    return {
      claims: [
        claim({
          id: 'head-step-matters',
          statement: 'Adapting heads before the representation step is what aligns features',
          paper: 'the head update creates the pseudo-contrastive signal (abstract, v5)',
          measured: {
            'energy with adapted heads': mean('multi-task features', 'energy'),
            'with random heads': mean('random heads', 'energy'),
            'accuracy with adapted heads': mean('multi-task features', 'accuracy'),
            'with random ones': mean('random heads', 'accuracy'),
          },
          criterion: 'energy and accuracy are higher by 0.05 or more',
          holds: (['energy', 'accuracy'] as const).every(
            (score) => mean('multi-task features', score) - mean('random heads', score) >= 0.05,
          ),
        }),
        claim({
          id: 'random-features-at-chance',
          statement: 'Random features and the tangent kernel do not learn the task',
          paper: 'random features need exponentially many neurons in d (abstract, v2)',
          measured: {
            'multi-task': mean('multi-task features', 'accuracy'),
            'random features': mean('random features', 'accuracy'),
            'tangent kernel': mean('tangent kernel', 'accuracy'),
          },
          criterion: 'both within 0.05 of 0.5, multi-task features at 0.75 or above',
          holds:
            Math.abs(mean('random features', 'accuracy') - 0.5) <= 0.05 &&
            Math.abs(mean('tangent kernel', 'accuracy') - 0.5) <= 0.05 &&
            mean('multi-task features', 'accuracy') >= 0.75,
        }),
        claim({
          id: 'one-small-step-beats-ridge-heads',
          statement: 'Small heads give better features than heads that fit the labels',
          paper: 'not reported',
          measured: {
            'energy, small heads': mean('multi-task features', 'energy'),
            'energy, ridge heads': mean('alternating ridge', 'energy'),
          },
          criterion: 'energy is higher by 0.05 or more',
          holds: mean('multi-task features', 'energy') - mean('alternating ridge', 'energy') >= 0.05,
        }),
      ],
      tables: [
        {
          id: 'methods',
          title: 'Features and accuracy on the parity of three signs',
          columns: ['method', 'energy', 'sigma_r / sigma_1', 'accuracy'],
          rows: names.map((name) => [
            name,
            over(name, 'energy') ?? 'none',
            over(name, 'ratio') ?? 'none',
            over(name, 'accuracy')!,
          ]),
          note: `d = ${dimensions}, ${tasks} tasks of ${samples} samples a step, ${labels} labels downstream (tangent kernel: ${kernelLabels}); joint Adam: ${epochs} passes.`,
        },
      ],
      figures: [
        barFigure({
          id: 'accuracy',
          title: 'Accuracy on the parity of three signs',
          caption: 'Chance is 0.5; the oracle knows the subspace.',
          bars: names.map((name) => ({ category: name, value: over(name, 'accuracy')! })),
          value: { title: 'accuracy', zero: true },
        }),
      ],
    };
  },
});
