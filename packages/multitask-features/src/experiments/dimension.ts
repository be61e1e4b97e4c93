import {
  claim,
  defineExperiment,
  lineFigure,
  repeat,
  summarize,
  type LineSeries,
  type Summary,
} from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { oracleFeatures, randomFeatures } from '../baselines';
import { pretrain } from '../pretrain';
import { drawDownstream, fewer, headAccuracy, ntkAccuracy } from './shared/downstream';
import { recordOf, recordsArtifact, type RunRecord } from './shared/run-record';
import { drawSetting, parityOf } from './shared/setting';

interface Settings {
  readonly dimensions: readonly number[];
  readonly tasks: number;
  /** Samples of a task for each step, times d. */
  readonly perDimension: number;
  readonly repeats: number;
}

const width = 100;
const rank = 2;
const names = [
  'multi-task, 200',
  'multi-task, 1000',
  'random features, 200',
  'random features, 1000',
  'NTK, 1000',
  'oracle, 1000',
] as const;
type Name = (typeof names)[number];

/** Downstream error against the dimension. */
export const dimension = defineExperiment<Settings>({
  id: 'dimension',
  paper: 'multitask-features',
  title: 'Downstream accuracy does not depend on the dimension',
  summary:
    'Labels depend on two hidden directions. After pre-training on balanced Boolean tasks, a linear head learns the XOR of two signs ' +
    'from 200 or 1,000 labels. Does its accuracy survive when the number of inputs grows, and does that of random features and of ' +
    'the tangent kernel?',
  data: ['Gaussian inputs with a planted projection'],
  scales: {
    tour: { dimensions: [20, 50], tasks: 20, perDimension: 20, repeats: 1 },
    quick: { dimensions: [20, 50, 100], tasks: 30, perDimension: 40, repeats: 3 },
    full: { dimensions: [20, 50, 100, 200, 400], tasks: 30, perDimension: 40, repeats: 5 },
  },
  async run(context) {
    const { dimensions, tasks, perDimension, repeats } = context.settings;
    const records: RunRecord[] = [];
    const runs = await repeat(context, repeats, async ({ index, key, progress }) => {
      const found = new Map<number, Record<Name | 'energy', number>>();
      for (const [place, d] of dimensions.entries()) {
        progress(place / dimensions.length, `d = ${d}`);
        const at = foldIn(key, d);
        const setting = drawSetting(foldIn(at, 0), { dimensions: d, rank, count: tasks, family: 'balanced' });
        const samples = perDimension * d;
        const model = await pretrain(setting.samplers, {
          key: foldIn(at, 1),
          width,
          headSamples: samples,
          loss: 'correlation',
          signal: context.signal,
        });
        const { problem } = setting;
        const data = drawDownstream(foldIn(at, 2), { problem, task: parityOf(rank), samples: 1000 });
        const random = randomFeatures(foldIn(at, 3), { width, dimensions: d });
        const accuracy = headAccuracy(model.weights, data);
        const baselines = {
          'random features, 1000': headAccuracy(random, data),
          'NTK, 1000': ntkAccuracy(data),
          'oracle, 1000': headAccuracy(oracleFeatures(foldIn(at, 4), problem.projection, { width }), data),
        };
        const downstream = { target: 'xor', nd: 1000, accuracy, ...baselines };
        const record = recordOf(model, setting, { samples, repeat: index, loss: 'correlation', downstream });
        records.push(record);
        found.set(d, {
          energy: record.energy,
          'multi-task, 200': headAccuracy(model.weights, fewer(data, 200)),
          'multi-task, 1000': accuracy,
          'random features, 200': headAccuracy(random, fewer(data, 200)),
          ...baselines,
        });
      }
      return found;
    });
    const at = (d: number, name: Name | 'energy'): Summary => summarize(runs.map((run) => run.get(d)![name]));
    const curve = (name: Name): number[] => dimensions.map((d) => at(d, name).mean);
    const ours = curve('multi-task, 1000');
    const high = dimensions.filter((d) => d >= 50);
    const distance = high.map((d) => Math.abs(at(d, 'random features, 1000').mean - 0.5));
    const kernel = high.map((d) => at(d, 'NTK, 1000').mean);
    return {
      claims: [
        claim({
          id: 'dimension-free',
          statement: 'Downstream accuracy after pre-training does not depend on the number of inputs',
          paper: 'downstream sample and neuron complexity independent of d (abstract)',
          measured: `accuracy with 1,000 labels at d = ${dimensions.join(', ')}: ${text(ours)}`,
          criterion: `at d = ${dimensions.at(-1)!} within 0.03 of d = ${dimensions[0]!}`,
          holds: Math.abs(ours.at(-1)! - ours[0]!) <= 0.03,
        }),
        claim({
          id: 'random-features-fail',
          statement: 'As many random features are at chance once there are many inputs',
          paper: 'random features need exponentially many neurons in d (abstract, v2)',
          measured: `accuracy at d = ${dimensions.join(', ')}: ${text(curve('random features, 1000'))}`,
          criterion: `within 0.03 of 0.5 at d = ${high.join(', ')}`,
          holds: distance.length > 0 && distance.every((each) => each <= 0.03),
        }),
        claim({
          id: 'kernel-fails',
          statement: 'The tangent kernel of an infinitely wide network does not learn the task either',
          paper: 'not reported',
          measured: `accuracy at d = ${high.join(', ')}: NTK ${text(kernel)}`,
          criterion: 'at least 0.25 below multi-task features at every d of 50 or more',
          holds: high.length > 0 && high.every((d, i) => at(d, 'multi-task, 1000').mean - kernel[i]! >= 0.25),
        }),
      ],
      tables: [
        {
          id: 'accuracy',
          title: 'Accuracy on XOR by the number of inputs',
          columns: ['d', 'energy in the span', ...names],
          rows: dimensions.map((d) => [d, at(d, 'energy'), ...names.map((name) => at(d, name))]),
          note: `${tasks} balanced Boolean tasks with ${perDimension} d samples for each step, ${width} neurons.`,
        },
      ],
      figures: [
        lineFigure({
          id: 'accuracy-by-dimension',
          title: 'Accuracy on XOR with 1,000 labels',
          caption: 'Mean over repeats; chance is 0.5.',
          series: (['multi-task, 1000', 'oracle, 1000', 'NTK, 1000', 'random features, 1000'] as const).map(
            (name): LineSeries => ({ name: name.replace(', 1000', ''), x: dimensions, y: curve(name) }),
          ),
          x: { title: 'number of inputs d' },
          y: { title: 'accuracy' },
        }),
      ],
      artifacts: [recordsArtifact(records)],
    };
  },
});

const text = (values: readonly number[]): string => values.map((each) => each.toFixed(3)).join(', ');
