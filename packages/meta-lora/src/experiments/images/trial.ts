import { adam, adamw, cloneTree, disposeTree, mlp, tf, type MlpParams, type Tensor } from '@lab/tensor-core';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { maml, reptile, sharedAdapterRetrain, standardRetrain } from '../../baselines';
import { compareBases, metaRetrain } from '../../retrain';
import { headSlots, loraSlots } from '../../slots';
import { tableTask, type TableBatch, type Task } from '../../training';
import { balancedSplits, type ImageSource } from './source';

export const methods = [
  'LoRA-ML',
  'standard',
  'Reptile',
  'MAML',
  'multi-task LoRA',
  'no retraining',
] as const;
export const heads = ['last-layer-ML', 'standard, head', 'Reptile, head'] as const;
/** Accuracy on the new tasks after fine-tuning, by method. */
export type Scores = Record<(typeof methods)[number] | (typeof heads)[number], number>;

export interface TrialOptions {
  readonly source: ImageSource;
  readonly rank: number;
  /** Epochs of retraining, five batches of each task in every one. */
  readonly epochs: number;
  /** Full-batch steps of fine-tuning. */
  readonly adaptSteps: number;
  readonly signal: AbortSignal;
  readonly progress: (part: number, label: string) => void;
}

const [oldTasks, newTasks, batches] = [6, 4, 5];

/**
 * One comparison: six splits for retraining, four new ones. In retraining every method takes as many gradients as LoRA-ML:
 * epochs x batches x tasks.
 */
export async function trial(key: Key, options: TrialOptions): Promise<Scores> {
  const { source, rank, epochs, adaptSteps, signal, progress } = options;
  const { loss, accuracy, init } = perceptron(source.size);
  const splits = balancedSplits();
  const order = permutation(foldIn(key, 1), splits.length);
  const data: Tensor[] = [];
  const taskOf = (place: number, images: number, batchSize?: number): Task<MlpParams, TableBatch> => {
    const labels = splits[order[place]!]!;
    const draw = (part: 'train' | 'held', count: number): TableBatch => {
      const drawn = source.draw(foldIn(key, 100 + place), count, part);
      const batch = {
        x: tf.tensor2d(drawn.pixels, [count, source.size]),
        y: tf.tensor1d(
          Int32Array.from(drawn.classes, (kind) => labels[kind]!),
          'int32',
        ),
      };
      data.push(batch.x, batch.y);
      return batch;
    };
    const held = draw('held', 600);
    return tableTask({
      id: `split ${order[place]!}`,
      ...draw('train', images),
      ...(batchSize && { batchSize }),
      score: (params: MlpParams) => accuracy(params, held),
    });
  };
  const old = Array.from({ length: oldTasks }, (_, place) => taskOf(place, 48 * batches, 48));
  const fresh = Array.from({ length: newTasks }, (_, place) => taskOf(oldTasks + place, 24));
  const params = init(foldIn(key, 2));
  const slots = loraSlots({ targets: /weight$/, rank });
  const head = headSlots({ targets: /^layers\.2\./ });
  const common = {
    params,
    tasks: old,
    loss,
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
    const innerSteps = 20;
    const moved = await reptile({
      ...common,
      inner: adamw({ learningRate: 2e-3 }),
      outer: adam({ learningRate: 2e-3 }),
      innerSteps,
      rounds: Math.ceil((epochs * batches) / innerSteps),
    });
    bases['Reptile'] = moved.params;
    progress(0.4, 'MAML');
    const unrolled = await maml({
      ...common,
      innerRate: 0.1,
      innerSteps: 2,
      steps: Math.ceil((epochs * batches) / 3),
      optimizer: adamw({ learningRate: 2e-3 }),
      episodes: (step, each) => old.map((task, t) => episodeOf(task, step, foldIn(each, t))),
    });
    bases['MAML'] = unrolled.params;
    progress(0.55, 'multi-task LoRA');
    bases['multi-task LoRA'] = (await sharedAdapterRetrain({ ...common, slots })).params;
    bases['no retraining'] = cloneTree(params);
    progress(0.65, 'fine-tuning');
    const tuning = {
      tasks: fresh,
      loss,
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

function perceptron(inputs: number) {
  const network = mlp({ sizes: [inputs, 48, 48, 2] });
  return {
    init: (key: Key): MlpParams => network.init(key),
    loss: (params: MlpParams, { x, y }: TableBatch): Tensor => {
      const logits = network.apply(params, x);
      const chosen = tf.oneHot(y, 2);
      return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1)));
    },
    accuracy: (params: MlpParams, { x, y }: TableBatch): number =>
      tf.tidy(() => {
        const chosen = tf.cast(tf.argMax(network.apply(params, x), -1), 'int32');
        return tf.mean(tf.cast(tf.equal(chosen, y), 'float32')).dataSync()[0]!;
      }),
  };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
