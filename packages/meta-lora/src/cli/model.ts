import { loadTree, mlp, saveTree, tf, type MlpParams, type Module, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { readSafetensors, writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { tableTask, type TableBatch, type Task } from '../training';

/** What a base needs beside its weights. */
export interface ModelCard {
  readonly features: readonly string[];
  readonly targets: readonly string[];
  readonly sizes: readonly number[];
  /** Means and deviations of features and targets over all rows of the retraining. */
  readonly scale: { readonly x: Moments; readonly y: Moments };
}

export interface Moments {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface Model {
  readonly card: ModelCard;
  readonly params: MlpParams;
}

export const networkOf = ({ sizes }: ModelCard): Module<MlpParams> => mlp({ sizes, activation: tf.tanh });

export const saveModel = async ({ card, params }: Model): Promise<Uint8Array> =>
  writeSafetensors(await saveTree(params), { 'meta-lora': JSON.stringify(card) });

/** @throws LabError `format` when the file is no base of `lab meta-lora retrain` */
export function loadModel(bytes: Uint8Array): Model {
  const { tensors, metadata } = readSafetensors(bytes);
  const text = metadata['meta-lora'];
  if (text === undefined)
    throw new LabError('format', 'the file is no base of `lab meta-lora retrain`', {
      received: Object.keys(metadata),
    });
  const card = JSON.parse(text) as ModelCard;
  const like = tf.tidy(() => networkOf(card).init(key(0)) as never) as MlpParams;
  try {
    return { card, params: loadTree(like, tensors) };
  } finally {
    tf.dispose(like as never);
  }
}

/** Means and deviations of columns; a constant column has deviation 1. */
export function momentsOf(rows: readonly (readonly number[])[]): Moments {
  const mean = rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
  const deviation = mean.map(
    (m, c) => Math.sqrt(rows.reduce((sum, row) => sum + (row[c]! - m) ** 2, 0) / rows.length) || 1,
  );
  return { mean, deviation };
}

export const scaled = (rows: readonly (readonly number[])[], { mean, deviation }: Moments): Tensor =>
  tf.tensor2d(rows.map((row) => row.map((value, c) => (value - mean[c]!) / deviation[c]!)));

/** Squared error in units of the targets' variance. */
export const squaredError =
  (card: ModelCard) =>
  (params: MlpParams, { x, y }: TableBatch): Tensor =>
    tf.mean(tf.squaredDifference(networkOf(card).apply(params, x), y));

/** Every fifth row is held out for the score, minus the mean squared error. Tensors go into `owned`. */
export function taskOf(
  id: string,
  rows: { readonly x: readonly (readonly number[])[]; readonly y: readonly (readonly number[])[] },
  {
    card,
    batchSize,
    owned,
  }: { readonly card: ModelCard; readonly batchSize: number; readonly owned: Tensor[] },
): Task<MlpParams, TableBatch> {
  const part = (isHeld: boolean): TableBatch => {
    const pick = (all: readonly (readonly number[])[]) => all.filter((_, i) => (i % 5 === 4) === isHeld);
    const batch = { x: scaled(pick(rows.x), card.scale.x), y: scaled(pick(rows.y), card.scale.y) };
    owned.push(batch.x, batch.y);
    return batch;
  };
  if (rows.x.length < 5)
    throw new LabError(
      'argument',
      `task ${id} has ${rows.x.length} rows: at least 5 are needed, one of which is held out`,
      {
        argument: id,
      },
    );
  const held = part(true);
  return tableTask({
    id,
    ...part(false),
    batchSize,
    score: (params: MlpParams) => tf.tidy(() => -squaredError(card)(params, held).dataSync()[0]!),
  });
}
