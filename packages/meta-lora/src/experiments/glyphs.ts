import {
  barFigure,
  claim,
  defineExperiment,
  pairedDifference,
  repeat,
  summarize,
  type Summary,
} from '@lab/experiment';
import {
  adam,
  adamw,
  cloneTree,
  disposeTree,
  engine,
  mlp,
  tf,
  type MlpParams,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { maml, reptile, sharedAdapterRetrain, standardRetrain } from '../baselines';
import { compareBases, metaRetrain } from '../retrain';
import { headSlots, loraSlots } from '../slots';
import { tableTask, type TableBatch, type Task } from '../training';
import { balancedSplits, drawGlyphImages, drawGlyphs } from './shared/glyphs';

interface Settings {
  readonly repeats: number;
  readonly epochs: number;
  readonly adaptSteps: number;
  readonly ranks: readonly number[];
  readonly noise: number;
}

const network = mlp({ sizes: [64, 48, 48, 2] });
const methods = ['LoRA-ML', 'standard', 'Reptile', 'MAML', 'multi-task LoRA', 'no retraining'] as const;
type Method = (typeof methods)[number];
const heads = ['last-layer-ML', 'standard, head', 'Reptile, head'] as const;
type Scores = Record<Method | (typeof heads)[number], number>;

/** Section 5.3 of the spec, scaled down: binary tasks over the same images that contradict each other. */
export const glyphs = defineExperiment<Settings>({
  id: 'glyphs',
  paper: 'meta-lora',
  title: 'Images: binary tasks that differ on the same inputs',
  summary:
    'Six smooth 8 x 8 glyphs; a task is a balanced split of them into two labels. Six splits are for retraining, four for the test with 24 ' +
    'images each and a rank-1 LoRA on all layers of a small perceptron. LoRA-ML against standard retraining, Reptile, MAML, multi-task LoRA, and ' +
    'a base that was not retrained at all.',
  data: ['smooth random glyphs with pixel noise'],
  scales: {
    tour: { repeats: 1, epochs: 12, adaptSteps: 40, ranks: [1], noise: 0.3 },
    quick: { repeats: 2, epochs: 60, adaptSteps: 200, ranks: [1], noise: 0.3 },
    full: { repeats: 20, epochs: 60, adaptSteps: 200, ranks: [1, 2], noise: 0.3 },
  },
  async run(context) {
    const { repeats, ranks } = context.settings;
    await engine();
    const found = new Map<number, Scores[]>(ranks.map((rank) => [rank, []]));
    await repeat(context, repeats, async ({ key, progress }) => {
      for (const [place, rank] of ranks.entries())
        found
          .get(rank)!
          .push(
            await trial(key, { ...context.settings, rank, signal: context.signal }, (part, label) =>
              progress((place + part) / ranks.length, label),
            ),
          );
    });
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
  },
});

interface TrialOptions extends Settings {
  readonly rank: number;
  readonly signal: AbortSignal;
}

async function trial(
  key: Key,
  { rank, epochs, adaptSteps, noise, signal }: TrialOptions,
  progress: (part: number, label: string) => void,
): Promise<Scores> {
  const prototypes = drawGlyphs(foldIn(key, 0), 6);
  const splits = balancedSplits();
  const order = permutation(foldIn(key, 1), splits.length);
  const data: Tensor[] = [];
  const taskOf = (place: number, images: number, batchSize?: number): Task<MlpParams, TableBatch> => {
    const labels = splits[order[place]!]!;
    const draw = (part: number, count: number): TableBatch => {
      const drawn = drawGlyphImages(foldIn(foldIn(key, 100 + place), part), prototypes, {
        images: count,
        noise,
      });
      const batch = {
        x: tf.tensor2d(drawn.pixels, [count, 64]),
        y: tf.tensor1d(
          drawn.glyphs.map((glyph) => labels[glyph]!),
          'int32',
        ),
      };
      data.push(batch.x, batch.y);
      return batch;
    };
    const held = draw(1, 600);
    return tableTask({
      id: `split ${order[place]!}`,
      ...draw(0, images),
      ...(batchSize && { batchSize }),
      score: (params: MlpParams) => accuracy(params, held),
    });
  };
  const old = Array.from({ length: 6 }, (_, place) => taskOf(place, 240, 48));
  const fresh = Array.from({ length: 4 }, (_, place) => taskOf(6 + place, 24));
  const params = network.init(foldIn(key, 2));
  const slots = loraSlots({ targets: /weight$/, rank });
  const head = headSlots({ targets: /^layers\.2\./ });
  const common = {
    params,
    tasks: old,
    loss: crossEntropy,
    optimizer: adamw({ learningRate: 2e-3 }),
    epochs,
    key: foldIn(key, 3),
    signal,
  };
  const bases: Record<string, MlpParams> = {};
  try {
    progress(0, 'LoRA-ML');
    const meta = await metaRetrain({ ...common, slots });
    disposeTree(meta.slots);
    bases['LoRA-ML'] = meta.params;
    progress(0.15, 'standard retraining');
    bases['standard'] = (await standardRetrain(common)).params;
    progress(0.25, 'Reptile');
    const moved = await reptile({
      ...common,
      inner: adamw({ learningRate: 2e-3 }),
      outer: adam({ learningRate: 2e-3 }),
      innerSteps: 20,
      rounds: Math.ceil(epochs / 2),
    });
    bases['Reptile'] = moved.params;
    progress(0.45, 'MAML');
    const unrolled = await maml({
      ...common,
      innerRate: 0.1,
      innerSteps: 2,
      steps: 5 * epochs,
      optimizer: adamw({ learningRate: 2e-3 }),
      episodes: (step, each) => old.map((task, t) => episodeOf(task, step, foldIn(each, t))),
    });
    bases['MAML'] = unrolled.params;
    progress(0.6, 'multi-task LoRA');
    bases['multi-task LoRA'] = (await sharedAdapterRetrain({ ...common, slots })).params;
    bases['no retraining'] = cloneTree(params);
    progress(0.7, 'fine-tuning');
    const tuning = {
      tasks: fresh,
      loss: crossEntropy,
      optimizer: adamw({ learningRate: 5e-3 }),
      epochs: adaptSteps,
      signal,
    };
    const tuned = await compareBases({ ...tuning, bases, slots, key: foldIn(key, 4) });

    progress(0.85, 'heads');
    const lastLayer = await metaRetrain({ ...common, slots: head });
    disposeTree(lastLayer.slots);
    bases['last-layer-ML'] = lastLayer.params;
    const chosen = {
      'last-layer-ML': lastLayer.params,
      'standard, head': bases['standard'],
      'Reptile, head': bases['Reptile'],
    };
    const headed = await compareBases({ ...tuning, bases: chosen, slots: head, key: foldIn(key, 5) });
    return Object.fromEntries(
      Object.entries({ ...tuned, ...headed }).map(([name, { after }]) => [name, mean(after)]),
    ) as Scores;
  } finally {
    disposeTree([data, params, Object.values(bases)]);
  }
}

/** A batch to adapt on and another to judge by, from one task's next epoch. */
function episodeOf(task: Task<MlpParams, TableBatch>, step: number, key: Key) {
  const [support, query, ...rest] = task.batches(step, key);
  disposeTree(rest);
  return { support: support!, query: query! };
}

function crossEntropy(params: MlpParams, { x, y }: TableBatch): Tensor {
  const logits = network.apply(params, x);
  const chosen = tf.oneHot(y, 2);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1)));
}

function accuracy(params: MlpParams, { x, y }: TableBatch): number {
  return tf.tidy(() => {
    const chosen = tf.cast(tf.argMax(network.apply(params, x), -1), 'int32');
    return tf.mean(tf.cast(tf.equal(chosen, y), 'float32')).dataSync()[0]!;
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
