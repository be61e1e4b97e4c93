import {
  barFigure,
  claim,
  defineExperiment,
  judgedClaims,
  pairedDifference,
  repeat,
  summarize,
  type ExperimentOutput,
  type Judged,
  type Summary,
} from '@lab/experiment';
import { loadDigits } from '@lab/datasets/node';
import { engine } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import { digitSource } from './source';
import { heads, methods, trial, type Scores } from './trial';

interface Settings {
  readonly repeats: number;
  /** Epochs of retraining. */
  readonly epochs: number;
  /** Steps of fine-tuning. */
  readonly adaptSteps: number;
  readonly ranks: readonly number[];
  /** Claims that the training is long enough to test. */
  readonly judged: Judged;
}

/** The paper's vision experiment, scaled down, on handwritten digits. */
export const digits = defineExperiment<Settings>({
  id: 'digits',
  paper: 'meta-lora',
  title: 'Images: binary tasks that contradict each other on the same digits',
  summary:
    'A task is a balanced split of six handwritten digits into two labels, so that tasks contradict each other on the same images. Six splits ' +
    'are for retraining, four for the test with 24 images each and a rank-1 LoRA on all layers of a small perceptron. LoRA-ML against standard ' +
    'retraining, Reptile, MAML, multi-task LoRA, each with as many gradients, and a base that was not retrained at all. The images are those of ' +
    'MNIST at 14 x 14, held-out ones by other writers.',
  data: ['digits'],
  scales: {
    tour: { repeats: 1, epochs: 12, adaptSteps: 40, ranks: [1], judged: [] },
    quick: { repeats: 3, epochs: 60, adaptSteps: 200, ranks: [1], judged: 'all' },
    full: { repeats: 20, epochs: 60, adaptSteps: 200, ranks: [1, 2], judged: 'all' },
  },
  async run(context) {
    const { repeats, ranks } = context.settings;
    await engine();
    const [train, held] = [await loadDigits({ split: 'train' }), await loadDigits({ split: 'test' })];
    const found = new Map<number, Scores[]>(ranks.map((rank) => [rank, []]));
    await repeat(context, repeats, async ({ key, progress }) => {
      const source = digitSource(foldIn(key, 0), { train, held });
      for (const [place, rank] of ranks.entries()) {
        const scores = await trial(key, {
          ...context.settings,
          source,
          rank,
          signal: context.signal,
          progress: (part, label) => progress((place + part) / ranks.length, label),
        });
        found.get(rank)!.push(scores);
      }
    });
    const report = reportOf(found, repeats);
    const { judged } = context.settings;
    return { ...report, claims: judgedClaims(report.claims, { judged, log: context.log }) };
  },
});

function reportOf(found: ReadonlyMap<number, readonly Scores[]>, repeats: number): ExperimentOutput {
  const ranks = [...found.keys()];
  const first = found.get(ranks[0]!)!;
  const values = (name: keyof Scores): number[] => first.map((scores) => scores[name]);
  const gain = pairedDifference(values('LoRA-ML'), values('standard'));
  const wins = first.filter((scores) => scores['LoRA-ML'] > scores.standard).length;
  const means = (name: keyof Scores): Summary => summarize(values(name));
  return {
    claims: [
      claim({
        id: 'meta-beats-standard',
        statement: 'After the same rank-1 fine-tuning, LoRA-ML is more accurate than standard retraining',
        paper: 'vision experiment (section 5): LoRA-ML above SR',
        measured: { gain, 'repeats won': wins },
        criterion: 'by 3 points on average, and on at least four of five repeats',
        holds: gain.mean >= 0.03 && wins >= 0.8 * first.length,
      }),
      claim({
        id: 'meta-beats-reptile',
        statement: 'LoRA-ML is more accurate than Reptile',
        paper: 'vision experiment (section 5)',
        measured: { gain: pairedDifference(values('LoRA-ML'), values('Reptile')) },
        criterion: 'on average',
        holds: ({ gain: each }) => each.mean > 0,
      }),
      claim({
        id: 'last-layer',
        statement: 'With a head for each task, last-layer-ML is more accurate than standard retraining',
        paper: 'vision experiment (section 5)',
        measured: { gain: pairedDifference(values('last-layer-ML'), values('standard, head')) },
        criterion: 'on average',
        holds: ({ gain: each }) => each.mean > 0,
      }),
      claim({
        id: 'retraining-helps',
        statement: 'LoRA-ML is better than no retraining at all',
        paper: 'not reported',
        measured: { gain: pairedDifference(values('LoRA-ML'), values('no retraining')) },
        criterion: 'on average',
        holds: ({ gain: each }) => each.mean > 0,
      }),
    ],
    tables: [
      {
        id: 'accuracy',
        title: 'Accuracy on new splits after fine-tuning',
        columns: ['method', ...ranks.map((rank) => `rank ${rank}`)],
        rows: [...methods, ...heads].map((name) => [
          name,
          ...ranks.map((rank) => summarize(found.get(rank)!.map((scores) => scores[name]))),
        ]),
        note: `${repeats} repeats; the rows with a head fine-tune the last layer instead of LoRA. No method was tuned by itself.`,
      },
    ],
    figures: [
      barFigure({
        id: 'accuracy',
        title: 'Accuracy on new splits after rank-1 fine-tuning',
        caption: 'Means with 95% intervals over repeats.',
        bars: methods.map((name) => ({ category: name, value: means(name) })),
        value: { title: 'accuracy', zero: true },
      }),
    ],
  };
}
