import { loadDigits } from '@lab/datasets/node';
import { defineExperiment, repeat } from '@lab/experiment';
import { matmul, svd, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { randomFeatures } from '../baselines';
import { takeRows, type Samples } from '../data/samples';
import { whiten, whitening } from '../data/whitening';
import { leadingColumns } from '../metrics/recovery';
import { pretrain, suggestedRank } from '../pretrain';
import { reluFeatures, reluLayer, transform } from '../probe';
import { fewLabelAccuracies, fewLabelResults } from './shared/few-labels';

interface Settings {
  /** Images that pre-training sees. */
  readonly images: number;
  /** Random halves of the ten digits that are pre-training tasks. */
  readonly groupings: number;
  readonly labels: readonly number[];
  readonly repeats: number;
}

/** Principal components of an image that are the inputs. */
const dimensions = 40;
/** Images that labels and tests of new tasks are drawn from. */
const pool = 4000;
const tests = 1000;
const held = 3;
const names = ['pre-trained directions', 'raw inputs', 'random features'] as const;

/** Real images, classes and groups of classes as tasks. */
export const digits = defineExperiment<Settings>({
  id: 'digits',
  paper: 'multitask-features',
  title: 'Real data: which half of the ten digits?',
  summary:
    'Handwritten digits, as 40 principal components, are the inputs; each digit against the rest, and random halves of the ten digits, ' +
    'are the pre-training tasks. Three other halves are then learnt from few labels of other images, with logistic regression on the ' +
    'learnt directions, on the inputs themselves, and on random features.',
  data: ['digits'],
  scales: {
    tour: { images: 1500, groupings: 20, labels: [20, 50], repeats: 5 },
    quick: { images: 4000, groupings: 20, labels: [20, 50, 200], repeats: 20 },
    full: { images: 40_000, groupings: 60, labels: [10, 20, 50, 100, 200], repeats: 100 },
  },
  async run(context) {
    const { images, groupings, labels, repeats } = context.settings;
    const { x, classes } = await components(foldIn(context.key, 0), images + pool);
    const halves = groups(foldIn(context.key, 1), groupings + held);
    const past = takeRows(
      x,
      Array.from({ length: images }, (_, i) => i),
    );
    const digitTasks = Array.from({ length: 10 }, (_, digit) => ({
      x: past,
      y: Float64Array.from({ length: images }, (_row, i) => (classes[i] === digit ? 1 : -1)),
      name: `digit ${digit}`,
    }));
    const halfTasks = halves.slice(held).map((half, g) => ({
      x: past,
      y: Float64Array.from({ length: images }, (_row, i) => (half.has(classes[i]!) ? 1 : -1)),
      name: `half ${g}`,
    }));
    const model = await pretrain([...digitTasks, ...halfTasks], {
      key: foldIn(context.key, 2),
      whiten: true,
      signal: context.signal,
    });
    const { rank } = suggestedRank(model);
    const white = whiten(x, whitening([past]));
    const features = transform(model, x, { mode: 'project', rank });
    const rows = Array.from({ length: pool }, (_, i) => images + i);
    const runs = await repeat(context, repeats, ({ key }) => {
      const random = reluLayer(randomFeatures(foldIn(key, 1), { width: 128, dimensions }), {
        key: foldIn(key, 2),
      });
      const [ours, raw, drawn] = names;
      const tables = { [ours]: features, [raw]: white, [drawn]: reluFeatures(random, white) };
      const tasks = halves.slice(0, held).map((half) => (row: number) => (half.has(classes[row]!) ? 1 : -1));
      return fewLabelAccuracies(foldIn(key, 3), { tables, tasks, rows, labels, tests });
    });
    return fewLabelResults(runs, {
      where: 'on three held-out halves',
      names,
      labels,
      note: `${images} images for ${10 + groupings} tasks; ${rank} directions by the largest gap.`,
    });
  },
});

/** The first principal components of images drawn without replacement, and what each shows. */
async function components(key: Key, count: number): Promise<{ x: Samples; classes: Uint8Array }> {
  const { images, labels } = await loadDigits();
  const chosen = permutation(key, labels.length).subarray(0, count);
  // Means of 2 x 2 pixels: 14 x 14 numbers an image.
  const side = 14;
  const size = side * side;
  const data = new Float64Array(count * size);
  chosen.forEach((image, i) => {
    for (let r = 0; r < 2 * side; r++)
      for (let c = 0; c < 2 * side; c++)
        data[i * size + (r >> 1) * side + (c >> 1)]! +=
          images[image * 4 * size + r * 2 * side + c]! / (4 * 255);
  });
  const mean = new Float64Array(size);
  data.forEach((value, at) => (mean[at % size]! += value / count));
  const centred: Array64 = { shape: [count, size], data: data.map((value, at) => value - mean[at % size]!) };
  const sample = takeRows(
    centred,
    Array.from({ length: Math.min(count, 2000) }, (_, i) => i),
  );
  const { v } = svd({ shape: sample.shape, data: new Float64Array(sample.data) });
  return {
    x: matmul(centred, leadingColumns(v, dimensions)),
    classes: Uint8Array.from(chosen, (image) => labels[image]!),
  };
}

/** Different random halves of the ten digits; a half and its complement count as one. */
function groups(key: Key, count: number): ReadonlySet<number>[] {
  const found = new Map<string, ReadonlySet<number>>();
  for (let draw = 0; found.size < count; draw++) {
    const order = Array.from(permutation(foldIn(key, draw), 10));
    const half = new Set(order.slice(0, order.indexOf(0) < 5 ? 5 : 10).slice(-5));
    found.set([...half].sort((a, b) => a - b).join(), half);
  }
  return [...found.values()];
}
