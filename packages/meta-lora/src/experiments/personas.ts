import {
  barFigure,
  claim,
  defineExperiment,
  judgedClaims,
  pairedDifference,
  repeat,
  summarize,
  type Judged,
  type Summary,
} from '@lab/experiment';
import { adamw, disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { foldIn, gumbel, normal, type Key } from '@lab/tensor-core/random';
import { standardRetrain } from '../baselines';
import { compareBases, metaRetrain } from '../retrain';
import { loraSlots } from '../slots';
import { tableTask, type TableBatch, type Task } from '../training';

interface Settings {
  readonly repeats: number;
  readonly tasks: number;
  readonly epochs: readonly [retrain: number, tune: number];
  /** Claims that the training is long enough to test. */
  readonly judged: Judged;
}

type Params = { readonly bilinear: { readonly weight: Tensor }; readonly bias: Tensor };

const d = 16;
const candidates = 20;
const rank = 2;

/** Scaled down: personas that rank replies by a shared form and one of their own. */
export const personas = defineExperiment<Settings>({
  id: 'personas',
  paper: 'meta-lora',
  title: 'Persona ranking: twenty replies, and everybody prefers another',
  summary:
    'A persona picks the reply c that maximises x^T (M + U U^T) c plus noise among twenty. Ten personas are for retraining, ten new ones are ' +
    'fine-tuned from 80 choices each by a rank-2 adapter of a bilinear score, with the loss and the metric of ConvAI2.',
  data: ['Gaussian queries and candidates'],
  scales: {
    tour: { repeats: 1, tasks: 4, epochs: [12, 20], judged: [] },
    quick: { repeats: 3, tasks: 10, epochs: [150, 200], judged: 'all' },
    full: { repeats: 10, tasks: 10, epochs: [150, 200], judged: 'all' },
  },
  async run(context) {
    const { repeats, tasks, epochs } = context.settings;
    await engine();
    const found = await repeat(context, repeats, ({ key }) => trial(key, tasks, epochs, context.signal));
    const read = (name: 'meta' | 'standard', when: 'before' | 'after'): number[] =>
      found.map((each) => each[name][when]);
    const gain = pairedDifference(read('meta', 'after'), read('standard', 'after'));
    const wins = found.filter(({ meta, standard }) => meta.after > standard.after).length;
    const over = (name: 'meta' | 'standard', when: 'before' | 'after'): Summary =>
      summarize(read(name, when));
    return {
      claims: judgedClaims(
        [
          claim({
            id: 'meta-beats-standard',
            statement: 'LoRA-ML ranks the replies of new personas better after fine-tuning',
            paper: 'ConvAI2, first version: 45.8 against 41.5 at rank 8',
            measured: { gain, 'repeats won': wins },
            criterion: 'by 4 points on average, and on every repeat',
            holds: gain.mean >= 0.04 && wins === found.length,
          }),
        ],
        { judged: context.settings.judged, log: context.log },
      ),
      tables: [
        {
          id: 'accuracy',
          title: 'Top-1 accuracy on new personas among 20 replies',
          columns: ['base', 'before fine-tuning', 'after'],
          rows: (['meta', 'standard'] as const).map((name) => [
            name === 'meta' ? 'LoRA-ML' : 'standard',
            over(name, 'before'),
            over(name, 'after'),
          ]),
          note: `${repeats} repeats of ${tasks} personas for retraining and as many new ones.`,
        },
      ],
      figures: [
        barFigure({
          id: 'accuracy',
          title: 'Top-1 accuracy on new personas',
          caption: 'After the same rank-2 fine-tuning; means with 95% intervals.',
          bars: [
            { category: 'LoRA-ML', value: over('meta', 'after') },
            { category: 'standard', value: over('standard', 'after') },
          ],
          value: { title: 'accuracy', zero: true },
        }),
      ],
    };
  },
});

type Both = Record<'meta' | 'standard', { readonly before: number; readonly after: number }>;

async function trial(
  key: Key,
  count: number,
  [retrain, tune]: readonly [number, number],
  signal: AbortSignal,
): Promise<Both> {
  const shared = normal(foldIn(key, 0), d * d).map((value) => (value * 1.5) / 4);
  const owned: unknown[] = [];
  const taskOf = (t: number, choices: number): Task<Params, TableBatch> => {
    const own = foldIn(foldIn(key, 1), t);
    const u = normal(foldIn(own, 0), d * rank).map((value) => (value * 1.2) / d ** 0.25);
    const form = shared.map((value, i) => {
      const [row, column] = [Math.floor(i / d), i % d];
      return value + u[row * rank]! * u[column * rank]! + u[row * rank + 1]! * u[column * rank + 1]!;
    });
    const [train, held] = [draw(foldIn(own, 1), form, choices), draw(foldIn(own, 2), form, 300)];
    owned.push(train, held);
    return tableTask({
      id: `persona ${t}`,
      ...train,
      batchSize: 16,
      score: (params: Params) => topOne(params, held),
    });
  };
  const params: Params = { bilinear: { weight: tf.zeros([d, d]) }, bias: tf.scalar(-3) };
  owned.push(params);
  try {
    const slots = loraSlots({ targets: /^bilinear\./, rank, alpha: rank });
    const common = {
      params,
      tasks: Array.from({ length: count }, (_, t) => taskOf(t, 150)),
      loss,
      optimizer: adamw({ learningRate: 5e-3 }),
      reduce: 'mean' as const,
      epochs: retrain,
      key: foldIn(key, 2),
      signal,
    };
    const meta = await metaRetrain({ ...common, slots });
    owned.push(meta.params, meta.slots);
    const standard = await standardRetrain(common);
    owned.push(standard.params);
    const scores = await compareBases({
      bases: { meta: meta.params, standard: standard.params },
      tasks: Array.from({ length: count }, (_, t) => taskOf(count + t, 80)),
      loss,
      slots,
      optimizer: common.optimizer,
      epochs: tune,
      key: foldIn(key, 3),
      signal,
    });
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const of = (name: string) => ({ before: mean(scores[name]!.before), after: mean(scores[name]!.after) });
    return { meta: of('meta'), standard: of('standard') };
  } finally {
    disposeTree(owned);
  }
}

/** Choices of a persona: x the query and then the candidates [n, 21, 16], y one-hot [n, 20]. */
function draw(key: Key, form: Float32Array, n: number): TableBatch {
  const x = normal(foldIn(key, 0), n * (candidates + 1) * d);
  const noise = gumbel(foldIn(key, 1), n * candidates);
  const y = new Float32Array(n * candidates);
  for (let i = 0; i < n; i++) {
    const query = x.subarray(i * (candidates + 1) * d, i * (candidates + 1) * d + d);
    const wanted = Array.from({ length: d }, (_, c) =>
      query.reduce((sum, value, r) => sum + value * form[r * d + c]!, 0),
    );
    let best = 0;
    let most = -Infinity;
    for (let j = 0; j < candidates; j++) {
      const at = (i * (candidates + 1) + 1 + j) * d;
      const value =
        wanted.reduce((sum, each, c) => sum + each * x[at + c]!, 0) + 0.5 * noise[i * candidates + j]!;
      if (value > most) [best, most] = [j, value];
    }
    y[i * candidates + best] = 1;
  }
  return { x: tf.tensor3d(x, [n, candidates + 1, d]), y: tf.tensor2d(y, [n, candidates]) };
}

/** x^T W c + b for every candidate, [n, 20]. */
function logits({ bilinear, bias }: Params, x: Tensor): Tensor {
  const n = x.shape[0];
  const query = tf.reshape(tf.slice(x, [0, 0, 0], [n, 1, d]), [n, d]);
  const replies = tf.slice(x, [0, 1, 0], [n, candidates, d]);
  const wanted = tf.reshape(tf.matMul(query as never, bilinear.weight as never), [n, 1, d]);
  return tf.add(tf.sum(tf.mul(replies, wanted), -1), bias);
}

/** Mean logistic loss of every candidate by itself. */
function loss(params: Params, { x, y }: TableBatch): Tensor {
  const found = logits(params, x);
  return tf.mean(tf.sub(tf.softplus(found), tf.mul(found, y)));
}

function topOne(params: Params, { x, y }: TableBatch): number {
  return tf.tidy(
    () =>
      tf
        .mean(tf.cast(tf.equal(tf.argMax(logits(params, x), -1), tf.argMax(y, -1)), 'float32'))
        .dataSync()[0]!,
  );
}
