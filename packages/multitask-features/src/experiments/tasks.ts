import {
  claim,
  defineExperiment,
  lineFigure,
  pairedDifference,
  repeat,
  summarize,
  type Summary,
} from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { randomFeatures } from '../baselines';
import { pretrain } from '../pretrain';
import { drawDownstream, headAccuracy } from './shared/downstream';
import { recordOf, recordsArtifact, type RunRecord } from './shared/run-record';
import { drawSetting, parityOf } from './shared/setting';

interface Settings {
  readonly dimensions: readonly number[];
  readonly counts: readonly number[];
  readonly samples: number;
  readonly repeats: number;
}

const rank = 2;
const width = 100;

/** More tasks with the same samples each. */
export const tasks = defineExperiment<Settings>({
  id: 'tasks',
  paper: 'multitask-features',
  title: 'More tasks recover more of the subspace',
  summary:
    'The number of pre-training tasks grows while each keeps its number of samples. How well do the first-layer weights recover the ' +
    'hidden directions (energy, conditioning, greatest principal angle), and how accurate is a linear head on XOR?',
  data: ['Gaussian inputs with a planted projection'],
  scales: {
    tour: { dimensions: [20], counts: [1, 6, 30], samples: 1000, repeats: 8 },
    quick: { dimensions: [20, 50], counts: [1, 2, 6, 30], samples: 2000, repeats: 10 },
    full: { dimensions: [20, 50, 100], counts: [1, 2, 6, 12, 30, 100], samples: 2000, repeats: 40 },
  },
  async run(context) {
    const { dimensions, counts, samples, repeats } = context.settings;
    const records: RunRecord[] = [];
    const runs = await repeat(context, repeats, async ({ index, key, progress }) => {
      const found = new Map<string, Record<'energy' | 'ratio' | 'angle' | 'accuracy' | 'random', number>>();
      for (const [place, d] of dimensions.entries()) {
        const at = foldIn(key, d);
        const all = drawSetting(foldIn(at, 0), {
          dimensions: d,
          rank,
          count: Math.max(...counts),
          family: 'balanced',
        });
        const { problem } = all;
        const data = drawDownstream(foldIn(at, 2), { problem, task: parityOf(rank), samples: 1000 });
        const random = headAccuracy(randomFeatures(foldIn(at, 3), { width, dimensions: d }), data);
        for (const count of counts) {
          progress(place / dimensions.length, `d = ${d}, ${count} tasks`);
          const setting = {
            ...all,
            tasks: all.tasks.slice(0, count),
            samplers: all.samplers.slice(0, count),
          };
          const model = await pretrain(setting.samplers, {
            key: foldIn(at, 1),
            width,
            headSamples: samples,
            signal: context.signal,
          });
          const accuracy = headAccuracy(model.weights, data);
          const downstream = { target: 'xor', nd: 1000, accuracy, random };
          const record = recordOf(model, setting, { samples, repeat: index, downstream });
          records.push(record);
          found.set(`${d},${count}`, {
            energy: record.energy,
            ratio: record.sigmaRatio,
            angle: Math.max(...record.angles),
            accuracy,
            random,
          });
        }
      }
      return found;
    });
    const at = (
      d: number,
      count: number,
      name: 'energy' | 'ratio' | 'angle' | 'accuracy' | 'random',
    ): Summary => summarize(runs.map((run) => run.get(`${d},${count}`)![name]));
    const curve = (d: number, name: 'accuracy' | 'angle' | 'ratio'): number[] =>
      counts.map((count) => at(d, count, name).mean);
    // The tasks of a repeat are nested, so that its luck cancels in the difference
    const gains = (d: number, name: 'accuracy' | 'angle'): Summary[] =>
      counts.slice(1).map((count, i) =>
        pairedDifference(
          runs.map((run) => run.get(`${d},${count}`)![name]),
          runs.map((run) => run.get(`${d},${counts[i]!}`)![name]),
        ),
      );
    const span = (d: number, name: 'accuracy'): number => curve(d, name).at(-1)! - curve(d, name)[0]!;
    const measured = (name: 'accuracy' | 'angle'): string =>
      dimensions
        .map(
          (d) =>
            `d = ${d}: ${curve(d, name)
              .map((each) => each.toFixed(3))
              .join(', ')}`,
        )
        .join('; ');
    return {
      claims: [
        claim({
          id: 'accuracy-grows-with-tasks',
          statement: 'Downstream accuracy grows with the number of tasks',
          paper: 'more diverse tasks recover the representation (abstract; figures were not available)',
          measured: `accuracy with ${counts.join(', ')} tasks, ${measured('accuracy')}`,
          criterion:
            'no 95% interval of the gain from one count to the next lies below 0, and the gain from the first to the last is 0.1 or more',
          holds: dimensions.every(
            (d) => gains(d, 'accuracy').every(({ high }) => high >= 0) && span(d, 'accuracy') >= 0.1,
          ),
        }),
        claim({
          id: 'angle-falls-with-tasks',
          statement: 'The subspace is recovered with the number of tasks',
          paper: 'first-layer weights recover the projection (abstract)',
          measured: `greatest principal angle in radians with ${counts.join(', ')} tasks, ${measured('angle')}`,
          criterion:
            'no 95% interval of the change from one count to the next lies above 0, and the last is less than half of the first',
          holds: dimensions.every((d) => {
            const y = curve(d, 'angle');
            return gains(d, 'angle').every(({ low }) => low <= 0) && y.at(-1)! < y[0]! / 2;
          }),
        }),
      ],
      tables: [
        {
          id: 'recovery',
          title: 'Recovery and accuracy by the number of tasks',
          columns: [
            'd',
            'tasks',
            'energy',
            'sigma_r / sigma_1',
            'greatest angle',
            'accuracy on XOR',
            'random features',
          ],
          rows: dimensions.flatMap((d) =>
            counts.map((count) => [
              d,
              count,
              ...(['energy', 'ratio', 'angle', 'accuracy', 'random'] as const).map((name) =>
                at(d, count, name),
              ),
            ]),
          ),
          note: `${samples} samples a task for each step, ${width} neurons, 1,000 labels downstream.`,
        },
      ],
      figures: [
        lineFigure({
          id: 'angle-by-tasks',
          title: 'Greatest principal angle to the hidden subspace',
          caption: 'Radians, mean over repeats; pi / 2 is a direction that was missed.',
          series: dimensions.map((d) => ({ name: `d = ${d}`, x: counts, y: curve(d, 'angle') })),
          x: { title: 'number of tasks', scale: 'log' },
          y: { title: 'angle (radians)', zero: true },
        }),
        lineFigure({
          id: 'accuracy-by-tasks',
          title: 'Accuracy on XOR by the number of tasks',
          caption: 'Mean over repeats; chance is 0.5.',
          series: dimensions.map((d) => ({ name: `d = ${d}`, x: counts, y: curve(d, 'accuracy') })),
          x: { title: 'number of tasks', scale: 'log' },
          y: { title: 'accuracy' },
        }),
      ],
      artifacts: [recordsArtifact(records)],
    };
  },
});
