import { claim, defineExperiment, lineFigure, repeat } from '@lab/experiment';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, permutation } from '@lab/tensor-core/random';
import { randomFeatures } from '../baselines';
import { takeRows, type Samples } from '../data/samples';
import { pretrain } from '../pretrain';
import { median } from '../pretrain/normalize';
import { drawDownstream, headAccuracy } from './shared/downstream';
import { drawSetting, parityOf } from './shared/setting';

interface Settings {
  readonly dimensions: readonly number[];
  /** Widths that are tried, smallest first. */
  readonly widths: readonly number[];
  readonly labels: number;
  readonly repeats: number;
}

const rank = 2;
const target = 0.88;

/** How many neurons random features need, against the dimension. */
export const neurons = defineExperiment<Settings>({
  id: 'neurons',
  paper: 'multitask-features',
  title: 'Neurons that random features need, by the dimension',
  summary: `How many neurons does a linear head need to reach an accuracy of ${target} on XOR of two hidden signs, when the first layer is random and when it was pre-trained, as inputs are added one by one?`,
  data: ['Gaussian inputs with a planted projection'],
  scales: {
    tour: { dimensions: [2, 4, 6], widths: [4, 8, 16, 32, 64, 128, 256, 512], labels: 1500, repeats: 1 },
    quick: {
      dimensions: [2, 3, 4, 5, 6],
      widths: [4, 8, 16, 32, 64, 128, 256, 512, 1024],
      labels: 2000,
      repeats: 3,
    },
    full: {
      dimensions: [2, 3, 4, 5, 6, 7, 8, 10],
      widths: [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
      labels: 8000,
      repeats: 5,
    },
  },
  async run(context) {
    const { dimensions, widths, labels, repeats } = context.settings;
    /** The first width that reaches the target, interpolated in the logarithm; infinite when none does. */
    const needed = (accuracyAt: (width: number) => number): number => {
      let before: { width: number; accuracy: number } | undefined;
      for (const width of widths) {
        const accuracy = accuracyAt(width);
        if (accuracy >= target) {
          if (!before) return width;
          const share = (target - before.accuracy) / (accuracy - before.accuracy);
          return before.width * (width / before.width) ** share;
        }
        before = { width, accuracy };
      }
      return Infinity;
    };
    const runs = await repeat(context, repeats, async ({ key, progress }) => {
      const found: { random: number; trained: number }[] = [];
      for (const [place, d] of dimensions.entries()) {
        progress(place / dimensions.length, `d = ${d}`);
        const at = foldIn(key, d);
        const setting = drawSetting(foldIn(at, 0), { dimensions: d, rank, count: 30, family: 'balanced' });
        const model = await pretrain(setting.samplers, {
          key: foldIn(at, 1),
          width: widths.at(-1)!,
          headSamples: 400,
          signal: context.signal,
        });
        const data = drawDownstream(foldIn(at, 2), {
          problem: setting.problem,
          task: parityOf(rank),
          samples: labels,
        });
        const some = (width: number, draw: number): Array64 => {
          const order = permutation(foldIn(at, 10 + draw), widths.at(-1)!).subarray(0, width);
          return new64(takeRows(model.weights, order));
        };
        // Few neurons are a matter of luck: means of eight draws
        const mean = (width: number, weights: (draw: number) => Array64): number => {
          const draws = width <= 64 ? 8 : 1;
          let sum = 0;
          for (let draw = 0; draw < draws; draw++)
            sum += headAccuracy(weights(draw), { ...data, key: foldIn(data.key, draw) }, { l2: 1e-3 });
          return sum / draws;
        };
        found.push({
          random: needed((width) =>
            mean(width, (draw) => randomFeatures(foldIn(at, 50 + draw), { width, dimensions: d })),
          ),
          trained: needed((width) => mean(width, (draw) => some(width, draw))),
        });
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return found;
    });
    const curve = (which: 'random' | 'trained'): number[] =>
      dimensions.map((_, i) => median(runs.map((run) => run[i]![which])));
    const [random, trained] = [curve('random'), curve('trained')];
    const growth = random
      .slice(1)
      .map((width, i) => (width / random[i]!) ** (1 / (dimensions[i + 1]! - dimensions[i]!)));
    const show = (values: readonly number[]): string =>
      values
        .map((value) => (Number.isFinite(value) ? value.toFixed(0) : `more than ${widths.at(-1)!}`))
        .join(', ');
    return {
      claims: [
        claim({
          id: 'random-features-need-exponentially-many',
          statement: 'The neurons that random features need multiply with every input',
          paper: 'random features need exponentially many neurons in d (abstract, v2)',
          measured: `neurons at d = ${dimensions.join(', ')}: ${show(random)}; factor for each input ${growth
            .filter(Number.isFinite)
            .map((each) => each.toFixed(2))
            .join(', ')}`,
          criterion:
            'each input multiplies them by 1.2 or more over the whole range, or they no longer suffice',
          // Where two widths in a row do not suffice the factor is no number
          holds: Number.isFinite(random[0]!) && growth.every((factor) => !(factor < 1.2)),
        }),
        claim({
          id: 'trained-neurons-constant',
          statement: 'The neurons that pre-trained features need do not depend on the number of inputs',
          paper: 'neuron complexity independent of d (abstract)',
          measured: `neurons at d = ${dimensions.join(', ')}: ${show(trained)}`,
          criterion: 'never more than three times the fewest',
          holds: Math.max(...trained) <= 3 * Math.min(...trained),
        }),
      ],
      tables: [
        {
          id: 'neurons',
          title: `Neurons for an accuracy of ${target} on XOR`,
          columns: ['d', 'random features', 'pre-trained'],
          rows: dimensions.map((d, i) => [d, show([random[i]!]), show([trained[i]!])]),
          note: `Medians of ${repeats} repeats, ${labels} labels, widths from ${widths[0]!} to ${widths.at(-1)!}.`,
        },
      ],
      figures: [
        lineFigure({
          id: 'neurons-by-dimension',
          title: 'Neurons that a linear head needs',
          caption: `For an accuracy of ${target} on XOR; where a line ends, ${widths.at(-1)!} were not enough.`,
          series: [
            { name: 'random features', values: random },
            { name: 'pre-trained', values: trained },
          ].map(({ name, values }) => {
            const reached = dimensions.map((_, i) => i).filter((i) => Number.isFinite(values[i]));
            return { name, x: reached.map((i) => dimensions[i]!), y: reached.map((i) => values[i]!) };
          }),
          x: { title: 'number of inputs d' },
          y: { title: 'neurons', scale: 'log' },
        }),
      ],
    };
  },
});

const new64 = ({ shape, data }: Samples): Array64 => ({ shape, data: new Float64Array(data) });
