import type { SeriesDataset } from '@lab/datasets';
import { loadFlightTraffic } from '@lab/datasets/node';
import { defineExperiment, repeat } from '@lab/experiment';
import { foldIn } from '@lab/tensor-core/random';
import { randomFeatures } from '../baselines';
import { takeRows, type Samples } from '../data/samples';
import { whiten, whitening } from '../data/whitening';
import { pretrain, suggestedRank } from '../pretrain';
import { reluFeatures, reluLayer, transform } from '../probe';
import { fewLabelAccuracies, fewLabelResults } from './shared/few-labels';

interface Settings {
  readonly airports: number;
  readonly labels: readonly number[];
  readonly repeats: number;
}

const day = 24;
/** Hours of the next day that are pre-training tasks; the others are new tasks. */
const known = [5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 19, 20, 21];
const held = [6, 10, 14, 18];
const names = ['pre-trained directions', 'raw inputs', 'random features'] as const;

/** On a real table with many binary targets. */
export const traffic = defineExperiment<Settings>({
  id: 'traffic',
  paper: 'multitask-features',
  title: 'Real data: will an hour of tomorrow be busy?',
  summary:
    "An airport's departures in the 24 hours of a day are the inputs; whether an hour of the next day is above its median is a task. " +
    'Features are learnt from thirteen hours in the first 120 days; four other hours are then predicted from few labels of later days, with ' +
    'logistic regression on those features, on the inputs themselves, and on random features.',
  data: ['flight-traffic'],
  scales: {
    tour: { airports: 10, labels: [20, 50], repeats: 10 },
    quick: { airports: 20, labels: [20, 50, 200], repeats: 20 },
    full: { airports: 40, labels: [10, 20, 50, 100, 200], repeats: 200 },
  },
  async run(context) {
    const { airports, labels, repeats } = context.settings;
    const { x, y, early, late } = daysOf(await loadFlightTraffic({ top: airports }));
    const past = takeRows(x, early);
    const model = await pretrain(
      known.map((hour) => ({ x: past, y: Float64Array.from(early, (i) => y(hour, i)), name: `${hour} h` })),
      { key: foldIn(context.key, 0), whiten: true, signal: context.signal },
    );
    const { rank } = suggestedRank(model);
    const white = whiten(x, whitening([past]));
    const features = transform(model, x, { mode: 'project', rank });
    const runs = await repeat(context, repeats, ({ key }) => {
      const random = reluLayer(randomFeatures(foldIn(key, 1), { width: 128, dimensions: day }), {
        key: foldIn(key, 2),
      });
      const [ours, raw, drawn] = names;
      const tables = { [ours]: features, [raw]: white, [drawn]: reluFeatures(random, white) };
      const tasks = held.map((hour) => (row: number) => y(hour, row));
      return fewLabelAccuracies(foldIn(key, 3), { tables, tasks, rows: late, labels });
    });
    return fewLabelResults(runs, {
      where: 'on four held-out hours',
      names,
      labels,
      note: `${early.length} days of ${airports} airports for ${known.length} tasks; ${rank} directions by the largest gap.`,
    });
  },
});

/** Days of airports as rows: 24 hourly counts over the airport's mean, and labels of the next day. */
function daysOf({ values, channels, length }: SeriesDataset): {
  x: Samples;
  y: (hour: number, row: number) => number;
  early: number[];
  late: number[];
} {
  const airports = channels.length;
  const days = Math.floor(length / day);
  const at = (k: number, t: number, hour: number): number => values[(t * day + hour) * airports + k]!;
  const rows: number[][] = [];
  const labels: number[][] = [];
  const [early, late]: [number[], number[]] = [[], []];
  for (let k = 0; k < airports; k++) {
    const hours = Array.from({ length: day }, (_, hour) => hour);
    const medians = hours.map((hour) => {
      const seen = Array.from({ length: 120 }, (_, t) => at(k, t, hour)).sort((a, b) => a - b);
      return seen[60]!;
    });
    const mean = hours.reduce((sum, hour) => sum + medians[hour]!, 0) / day || 1;
    for (let t = 0; t + 1 < days; t++) {
      (t < 119 ? early : late).push(rows.length);
      rows.push(hours.map((hour) => (at(k, t, hour) - medians[hour]!) / mean));
      labels.push(hours.map((hour) => (at(k, t + 1, hour) > medians[hour]! ? 1 : -1)));
    }
  }
  return {
    x: { shape: [rows.length, day], data: Float64Array.from(rows.flat()) },
    y: (hour, row) => labels[row]![hour]!,
    early,
    late,
  };
}
