import { barFigure, claim, defineExperiment, repeat, summarize, type Summary } from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { pretrain } from '../pretrain';
import { median } from '../pretrain/normalize';
import { recordOf, recordsArtifact, type RunRecord } from './shared/run-record';
import { drawSetting } from './shared/setting';

interface Settings {
  readonly dimensions: number;
  readonly counts: readonly number[];
  /** Of all tasks together, for each step. */
  readonly samples: number;
  readonly repeats: number;
}

const rank = 3;

/** The paper's claim in one table. */
export const singleTask = defineExperiment<Settings>({
  id: 'single-task',
  paper: 'multitask-features',
  title: 'One task misses directions, however much data it has',
  summary:
    'A fixed number of samples is given to one task, or shared out among many. The energy inside the hidden subspace is high either ' +
    'way; are all of its directions learnt?',
  data: ['Gaussian inputs with a planted projection'],
  scales: {
    tour: { dimensions: 30, counts: [1, 100], samples: 20_000, repeats: 8 },
    quick: { dimensions: 50, counts: [1, 4, 20, 100], samples: 30_000, repeats: 9 },
    full: { dimensions: 50, counts: [1, 2, 4, 8, 20, 50, 100, 300], samples: 30_000, repeats: 25 },
  },
  async run(context) {
    const { dimensions, counts, samples, repeats } = context.settings;
    const records: RunRecord[] = [];
    await repeat(context, repeats, async ({ index, key, progress }) => {
      for (const [place, count] of counts.entries()) {
        progress(place / counts.length, `${count} tasks`);
        const setting = drawSetting(foldIn(key, 0), { dimensions, rank, count, family: 'balanced' });
        const each = Math.round(samples / count);
        const model = await pretrain(setting.samplers, {
          key: foldIn(key, 1),
          width: 100,
          headSamples: each,
          signal: context.signal,
        });
        records.push(recordOf(model, setting, { samples: each, repeat: index }));
      }
    });
    // Ratios of one task differ by factors of ten, and a few tables have no first moment at all: no arithmetic means here
    const valuesOf = (count: number, read: (record: RunRecord) => number): number[] =>
      records.filter(({ T }) => T === count).map(read);
    const geometric = (values: readonly number[]): number =>
      Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
    const over = (count: number, read: (record: RunRecord) => number): Summary =>
      summarize(records.filter(({ T }) => T === count).map(read));
    const ratio = (count: number): Summary => over(count, ({ sigmaRatio }) => sigmaRatio);
    const [first, last] = [counts[0]!, counts.at(-1)!];
    const ratios = counts.map((count) => geometric(valuesOf(count, ({ sigmaRatio }) => sigmaRatio)));
    const energy = median(valuesOf(first, (record) => record.energy));
    return {
      claims: [
        claim({
          id: 'one-task-misses-directions',
          statement: 'Many tasks learn all directions from the samples with which one task misses some',
          paper: 'a single task cannot guarantee all r directions (abstract)',
          measured: `geometric mean of sigma_r / sigma_1 with ${counts.join(', ')} tasks: ${ratios.map((each) => each.toFixed(3)).join(', ')}`,
          criterion: `at ${last} tasks at least ten times that of ${first}`,
          holds: ratios.at(-1)! >= 10 * ratios[0]!,
        }),
        claim({
          id: 'energy-misleads',
          statement: 'Energy inside the subspace does not show it: one task has it too',
          paper: 'not reported',
          measured: { 'median energy with one task': energy },
          criterion: 'above 0.9',
          holds: energy > 0.9,
        }),
      ],
      tables: [
        {
          id: 'directions',
          title: 'What is learnt from the same number of samples',
          columns: [
            'tasks',
            'samples a task',
            'energy',
            'sigma_2 / sigma_1',
            'sigma_3 / sigma_1',
            'greatest angle',
          ],
          rows: counts.map((count) => [
            count,
            Math.round(samples / count),
            over(count, (record) => record.energy),
            over(count, ({ sigma }) => sigma[1]!),
            ratio(count),
            over(count, ({ angles }) => Math.max(...angles)),
          ]),
          note: `${samples} samples for each step in all, d = ${dimensions}, r = ${rank}.`,
        },
      ],
      figures: [
        barFigure({
          id: 'directions',
          title: 'Strength of the weakest direction relative to the strongest',
          caption: `The same ${samples} samples for one task or shared out; 1 is perfectly even.`,
          bars: counts.map((count) => ({
            category: count === 1 ? '1 task' : `${count} tasks`,
            value: ratio(count),
          })),
          value: { title: 'sigma_r / sigma_1', zero: true },
        }),
      ],
      artifacts: [recordsArtifact(records)],
    };
  },
});
