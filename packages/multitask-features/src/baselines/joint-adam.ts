import {
  adam,
  disposeTree,
  engine,
  fit,
  randomNormal,
  tf,
  treeToHost,
  type FitEvent,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { randint, split, type Key } from '@lab/tensor-core/random';
import type { LabelledRows, TaskSource } from '../data/task-data';
import { lossOf, type LossName } from '../network/losses';
import { dimensionsOf } from '../pretrain/prepare-tasks';
import { jointLoss, type JointBatch, type JointParams } from './joint-loss';
import { tablesOf } from './tables';

export interface JointAdamOptions {
  readonly key: Key;
  /** Neurons. @default 128 */
  readonly width?: number;
  /** Samples drawn from each sampler. @default 20 dimensions */
  readonly samples?: number;
  /** @default 'logistic' */
  readonly loss?: LossName;
  /** Passes over all labels of all tasks. @default 200 */
  readonly epochs?: number;
  /** Labels of a step. @default 512 */
  readonly batchSize?: number;
  /** @default 0.003 */
  readonly learningRate?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: FitEvent) => void) | undefined;
}

export interface JointFeatures {
  /** First layer [m, d]. */
  readonly weights: Array64;
  readonly losses: readonly number[];
  readonly steps: number;
  readonly seconds: number;
  readonly engine: 'eager' | 'compiled';
}

/**
 * Standard multi-task learning: all heads and the shared layer trained together by Adam, with no head step first. Compiled
 * where ONNX Runtime is installed.
 */
export async function jointAdam(
  tasks: readonly TaskSource[],
  options: JointAdamOptions,
): Promise<JointFeatures> {
  const { width = 128, epochs = 200, batchSize = 512, learningRate = 0.003, signal, onStep } = options;
  const dimensions = dimensionsOf(tasks);
  const loss = options.loss ?? 'logistic';
  lossOf(loss);
  const [init, drawing, training] = split(options.key, 3) as [Key, Key, Key];
  const tables = tablesOf(tasks, { key: drawing, ...(options.samples && { samples: options.samples }) });
  const labels = tables.reduce((sum, { y }) => sum + y.length, 0);
  const steps = Math.ceil((epochs * labels) / batchSize);
  if (!(steps >= 1) || !Number.isInteger(width) || width < 1)
    throw new LabError('argument', 'jointAdam: epochs, batchSize and width are above 0', {
      argument: 'epochs, batchSize, width',
      received: [epochs, batchSize, width],
    });
  await engine();
  const params = initialParams(init, { width, dimensions, tasks: tasks.length });
  try {
    const trained = await fit<JointParams, JointBatch>({
      params,
      optimizer: adam({ learningRate }),
      loss: jointLoss(loss),
      batches: (_, key) => drawBatch(key, tables, batchSize),
      steps,
      key: training,
      signal,
      onStep,
    });
    const host = await treeToHost(trained.params);
    disposeTree([trained.params, trained.optimizerState]);
    const { data } = host.weight as unknown as { data: Float32Array };
    return {
      weights: transpose({ shape: [dimensions, width], data: new Float64Array(data) }),
      losses: trained.losses,
      steps: trained.steps,
      seconds: trained.seconds,
      engine: trained.engine,
    };
  } finally {
    disposeTree(params);
  }
}

function initialParams(
  key: Key,
  { width, dimensions, tasks }: { width: number; dimensions: number; tasks: number },
): JointParams {
  const [first, second] = split(key) as [Key, Key];
  return tf.tidy(() => ({
    weight: tf.mul(randomNormal(first, [dimensions, width]), Math.sqrt(2 / dimensions)),
    bias: tf.zeros([width]),
    heads: tf.mul(randomNormal(second, [tasks, width]), 1 / Math.sqrt(width)),
  }));
}

/** Rows with replacement, every task equally often in expectation. */
function drawBatch(key: Key, tables: readonly LabelledRows[], size: number): JointBatch {
  const d = tables[0]!.x.shape[1]!;
  const [which, where] = split(key) as [Key, Key];
  const tasks = randint(which, size, { high: tables.length });
  const places = randint(where, size, { high: 2 ** 30 });
  const x = new Float32Array(size * d);
  const y = new Float32Array(size);
  const task = new Float32Array(size * tables.length);
  for (let b = 0; b < size; b++) {
    const table = tables[tasks[b]!]!;
    const row = places[b]! % table.y.length;
    x.set(table.x.data.subarray(row * d, (row + 1) * d), b * d);
    y[b] = table.y[row]!;
    task[b * tables.length + tasks[b]!] = 1;
  }
  return {
    x: tf.tensor2d(x, [size, d]),
    y: tf.tensor1d(y),
    task: tf.tensor2d(task, [size, tables.length]),
  };
}
