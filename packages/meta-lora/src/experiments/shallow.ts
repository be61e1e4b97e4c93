import { claim, defineExperiment, judgedClaims, repeat, type Judged } from '@lab/experiment';
import { adamw, disposeTree, engine, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';
import { standardRetrain } from '../baselines';
import { compareBases, metaRetrain } from '../retrain';
import { loraSlots } from '../slots';
import { tableTask, type TableBatch, type Task } from '../training';
import { median } from './shared/medians';

interface Settings {
  readonly repeats: number;
  readonly epochs: readonly [retrain: number, tune: number];
  /** Claims that the training is long enough to test. */
  readonly judged: Judged;
  /** Learning rate of AdamW. */
  readonly rate: number;
  /** d and T of each panel, and the rank of the adapter that fine-tunes, which is 1 where it is left out. */
  readonly panels: readonly (readonly [dimensions: number, tasks: number, testRank?: number])[];
}

type Params = { readonly hidden: { readonly weight: Tensor }; readonly output: { readonly weight: Tensor } };

/** One hidden layer of sigmoids. */
export const shallow = defineExperiment<Settings>({
  id: 'shallow',
  paper: 'meta-lora',
  title: 'Shallow networks: tasks that differ by a rank-1 change of the hidden layer',
  summary:
    'Targets c^T sigmoid((A + u_t u_t^T) x) with noise. The hidden layer and c are retrained with asymmetric rank-1 adapters or without, then a ' +
    'new task is fine-tuned from 100 samples by a rank-1 adapter. The error is measured on fresh inputs, without noise.',
  data: ['Gaussian shallow networks'],
  scales: {
    tour: { repeats: 1, epochs: [300, 150], rate: 4e-3, panels: [[10, 3]], judged: [] },
    quick: { repeats: 5, epochs: [2000, 1000], rate: 4e-3, panels: [[10, 3]], judged: 'all' },
    full: {
      repeats: 10,
      epochs: [40_000, 15_000],
      rate: 1e-3,
      judged: 'all',
      panels: [
        [10, 3],
        [5, 3],
        [20, 3],
        [10, 2],
        [10, 2, 3],
        [10, 5],
        [10, 10],
      ],
    },
  },
  async run(context) {
    const { repeats, epochs, rate, panels } = context.settings;
    await engine();
    const rows = new Map(panels.map((panel) => [panel, [] as { meta: number; standard: number }[]]));
    await repeat(context, repeats, async ({ key, progress }) => {
      for (const [place, panel] of panels.entries()) {
        progress(place / panels.length, `d = ${panel[0]}, T = ${panel[1]}`);
        rows
          .get(panel)!
          .push(await trial(foldIn(key, place), panel, { epochs, rate, signal: context.signal }));
      }
    });
    const of = (panel: (typeof panels)[number], name: 'meta' | 'standard'): number =>
      median(rows.get(panel)!.map((each) => each[name]));
    const ratio = of(panels[0]!, 'standard') / of(panels[0]!, 'meta');
    return {
      claims: judgedClaims(
        [
          claim({
            id: 'meta-beats-standard',
            statement: 'LoRA-ML fits the new task better than standard retraining',
            paper: 'curves of the shallow experiment (section 5)',
            measured: {
              'ratio of median errors': ratio,
              'LoRA-ML': of(panels[0]!, 'meta'),
              standard: of(panels[0]!, 'standard'),
            },
            criterion: 'the median error of standard retraining is at least three times that of LoRA-ML',
            holds: ratio >= 3,
          }),
        ],
        { judged: context.settings.judged, log: context.log },
      ),
      tables: [
        {
          id: 'errors',
          title: 'Mean squared error on fresh inputs after fine-tuning (medians)',
          columns: ['d', 'T', 'rank of fine-tuning', 'LoRA-ML', 'standard'],
          rows: panels.map((panel) => {
            const [d, T, testRank = 1] = panel;
            return [d, T, testRank, of(panel, 'meta'), of(panel, 'standard')];
          }),
          note: `${repeats} repeats, ${epochs[0]} and ${epochs[1]} full-batch epochs.`,
        },
      ],
      figures: [],
    };
  },
});

async function trial(
  key: Key,
  [d, T, testRank = 1]: Settings['panels'][number],
  { epochs: [retrain, tune], rate, signal }: Pick<Settings, 'epochs' | 'rate'> & { signal: AbortSignal },
): Promise<{ meta: number; standard: number }> {
  const draw = (part: number, shape: readonly [number, number]): Tensor =>
    tf.tensor2d(normal(foldIn(key, part), shape[0] * shape[1]), [...shape]);
  const owned: unknown[] = [];
  const taskOf = (t: number, n: number, noise: number): Task<Params, TableBatch> => {
    const { train, held } = tidyTree(() => {
      const [a, c, u] = [draw(0, [d, d]), draw(1, [d, 1]), draw(10 + t, [d, 1])];
      const weight = tf.add(a, tf.matMul(u as never, u as never, false, true));
      const rows = (part: number, count: number, deviation: number): TableBatch => {
        const x = draw(part + t, [count, d]);
        const clean = predict({ hidden: { weight }, output: { weight: c } }, x);
        return { x, y: tf.add(clean, tf.mul(draw(300 + part + t, [count, 1]), deviation)) };
      };
      return { train: rows(100, n, noise), held: rows(200, 2000, 0) };
    });
    owned.push(train, held);
    const score = (params: Params): number => tf.tidy(() => -squaredError(params, held).dataSync()[0]!);
    return tableTask({ id: `task ${t}`, ...train, score });
  };
  const params = tidyTree((): Params => ({
    hidden: { weight: tf.div(draw(2, [d, d]), Math.sqrt(d)) },
    output: { weight: tf.div(draw(3, [d, 1]), Math.sqrt(d)) },
  }));
  owned.push(params);
  try {
    const slotsOf = (rank: number) => loraSlots({ targets: /^hidden\./, rank, alpha: rank });
    const common = {
      params,
      tasks: Array.from({ length: T }, (_, t) => taskOf(t, 1000, 0.1)),
      loss: squaredError,
      optimizer: adamw({ learningRate: rate }),
      epochs: retrain,
      key: foldIn(key, 4),
      signal,
    };
    const meta = await metaRetrain({ ...common, slots: slotsOf(1) });
    owned.push(meta.params, meta.slots);
    const standard = await standardRetrain(common);
    owned.push(standard.params);
    const scores = await compareBases({
      bases: { meta: meta.params, standard: standard.params },
      tasks: [taskOf(T, 100, 0.1)],
      loss: squaredError,
      slots: slotsOf(testRank),
      optimizer: common.optimizer,
      epochs: tune,
      key: foldIn(key, 5),
      signal,
    });
    return { meta: -scores['meta']!.after[0]!, standard: -scores['standard']!.after[0]! };
  } finally {
    disposeTree(owned);
  }
}

function predict({ hidden, output }: Params, x: Tensor): Tensor {
  return tf.matMul(tf.sigmoid(tf.matMul(x as never, hidden.weight as never)), output.weight);
}

const squaredError = (params: Params, { x, y }: TableBatch): Tensor =>
  tf.mean(tf.squaredDifference(predict(params, x), y));
