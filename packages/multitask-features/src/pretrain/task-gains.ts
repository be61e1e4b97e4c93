import { engine } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { matmul, svd } from '@lab/tensor-core/linalg64';
import { permutation } from '@lab/tensor-core/random';
import { isTable, labelledRows, type LabelledRows, type TaskData, type TaskSource } from '../data/task-data';
import { takeRows } from '../data/samples';
import { whiten, whitening } from '../data/whitening';
import { leadingColumns } from '../metrics/recovery';
import { evaluateProbe, fitProbe } from '../probe/linear-probe';
import { headStep } from './head-step';
import { normalizeMean } from './normalize';
import { settingsOf, type PretrainOptions } from './options';
import { initialWeights } from './initial-weights';
import { representationStep } from './representation-step';
import { stream } from './streams';

export interface TaskGain {
  readonly name: string;
  /**
   * Mean accuracy of the other tasks' probes with the directions of all tasks, less that with the directions learnt without this
   * task. Below 0: the task hurts the others (negative transfer).
   */
  readonly gain: number;
}

export interface TaskGainOptions extends Pick<
  PretrainOptions,
  'key' | 'width' | 'loss' | 'etaHead' | 'centerLabels' | 'precision' | 'signal'
> {
  /** Directions that probes see. */
  readonly rank: number;
  /** Share of each task's rows that probes are scored on. @default 0.3 */
  readonly heldOut?: number;
  /** As of `fitProbe`, ridge. @default 0.01 */
  readonly l2?: number;
}

/**
 * What each task gives to the others: leave-one-task-out gains of one round. With the initial weights fixed, the
 * representation step is a sum over tasks, so leaving one out subtracts its part and trains nothing anew.
 *
 * @param tasks tables of data, at least 3, whitened together
 * @throws LabError `argument` for fewer tasks or a share outside (0, 1), `unsupported` for samplers, `aborted`
 * @example
 * const gains = await taskGains(labelColumns(x, labels), { key: key(0), rank: 3 });
 */
export async function taskGains(
  tasks: readonly TaskSource[],
  { rank, heldOut = 0.3, l2 = 0.01, ...options }: TaskGainOptions,
): Promise<TaskGain[]> {
  if (tasks.length < 3 || !(heldOut > 0 && heldOut < 1))
    throw new LabError('argument', 'taskGains: at least 3 tasks, and a share of held-out rows in (0, 1)', {
      received: { tasks: tasks.length, heldOut },
    });
  const split = tasks.map((task, t) => splitRows(tableOf(task), { t, heldOut, options }));
  const white = whitening([...new Set(split.map(({ train }) => train.x))]);
  const parts = split.map(({ name, weight, train, test }) => ({
    name,
    weight,
    train: { x: whiten(train.x, white), y: train.y },
    test: { x: whiten(test.x, white), y: test.y },
  }));
  const dimensions = parts[0]!.train.x.shape[1]!;
  const settings = settingsOf({ ...options, rank }, dimensions);
  if (settings.precision === 'float32') await engine();
  const start = initialWeights(settings, dimensions);

  const descents: Float64Array[] = [];
  for (const { train, weight } of parts) {
    if (options.signal?.aborted === true)
      throw new LabError('aborted', 'taskGains: stopped', { cause: options.signal.reason });
    const head = await headStep(start, train, settings);
    const { data } = await representationStep(start, [{ ...train, ...head }], settings);
    descents.push(data.map((value) => weight * value));
  }
  const total = new Float64Array(start.data.length);
  for (const descent of descents) descent.forEach((value, i) => (total[i]! += value));
  const accuracies = (weights: Float64Array): number[] => {
    const top = leadingColumns(svd(normalizeMean({ shape: start.shape, data: weights }).weights).v, rank);
    return parts.map(({ train, test }) => {
      const probe = fitProbe(matmul(train.x, top), train.y, { l2 });
      return evaluateProbe(probe, matmul(test.x, top), test.y).accuracy;
    });
  };
  const all = accuracies(total);
  return parts.map(({ name }, t) => {
    const without = accuracies(total.map((value, i) => value - descents[t]![i]!));
    const others = parts.map((_, s) => s).filter((s) => s !== t);
    return { name, gain: others.reduce((sum, s) => sum + all[s]! - without[s]!, 0) / others.length };
  });
}

function tableOf(task: TaskSource): TaskData {
  if (isTable(task)) return task;
  throw new LabError('unsupported', 'taskGains: samplers and streams have no rows to hold out', {
    argument: 'tasks',
    hint: 'draw tables from them first',
  });
}

function splitRows(
  task: TaskData,
  { t, heldOut, options }: { t: number; heldOut: number; options: Pick<PretrainOptions, 'key'> },
): { name: string; weight: number; train: LabelledRows; test: LabelledRows } {
  const name = task.name ?? String(t);
  const { x, y } = labelledRows({ x: task.x, y: task.y, name });
  const order = permutation(stream(options.key, 'split', t), y.length);
  const held = Math.max(1, Math.round(heldOut * y.length));
  if (y.length - held < 2)
    throw new LabError('argument', `task ${name}: too few labelled rows`, {
      argument: 'y',
      received: y.length,
    });
  const pick = (rows: Int32Array): LabelledRows => ({
    x: takeRows(x, rows),
    y: Float64Array.from(rows, (i) => y[i]!),
  });
  return {
    name,
    weight: task.weight ?? 1,
    train: pick(order.subarray(held)),
    test: pick(order.subarray(0, held)),
  };
}
