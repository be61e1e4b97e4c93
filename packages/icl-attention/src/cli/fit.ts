import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { engine } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { numberOption, readBytes } from '@lab/experiment/cli';
import { fitTasks, saveTaskRegressor } from '../adaptive';
import { readTasks, type ReadTasksOptions } from './task-table';

export const tableOptions = [
  { flag: 'task', value: 'NAME', description: 'column that names the task of a row', default: 'task' },
  { flag: 'label', value: 'NAME', description: 'column of the label', default: 'y' },
  { flag: 'features', value: 'NAMES', description: 'columns that are features (default: all others)' },
] as const;

/** `lab icl-attention fit`: learn one attention unit from many small data sets. */
export const fit: PaperCommand = {
  name: 'fit',
  summary: 'Learn a metric from a CSV file of many small tasks',
  description:
    'Learns which features matter, and how near is near, from tasks that are alike: stores, sensors, patients. New tasks are then ' +
    'predicted from a few labelled rows with `predict`, without training.',
  arguments: [
    { name: 'CSV', description: 'rows of all tasks, with a column for the task and one for the label' },
  ],
  options: [
    ...tableOptions,
    { flag: 'out', value: 'FILE', description: 'where the unit goes', default: 'tasks.safetensors' },
    { flag: 'rank', value: 'N', description: 'directions that the metric may use (default: all)' },
    { flag: 'steps', value: 'N', description: 'training steps at most', default: '300' },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
  ],
  run: runFit,
};

async function runFit(args: CommandArgs, io: CommandIo): Promise<number> {
  const { tasks, features } = await readTaskFile(args, io);
  const steps = numberOption(args, 'steps', { min: 0, whole: true })!;
  const rank = numberOption(args, 'rank', { min: 0, whole: true });
  await engine();
  const regressor = await fitTasks(tasks, {
    key: key(numberOption(args, 'seed', { min: 0, whole: true })!),
    names: features,
    steps,
    ...(rank !== undefined && { rank }),
    signal: io.signal,
    onStep: ({ step, loss }) => io.progress(step / steps, `step ${step}, loss ${loss.toFixed(4)}`),
  });
  const out = String(args.options.out);
  await writeFile(resolve(io.cwd, out), saveTaskRegressor(regressor));
  const { data } = regressor.unit.matrix;
  const weights = features.map((name, j) => ({ name, weight: data[j * (features.length + 1)]! }));
  weights.sort((a, b) => b.weight - a.weight);
  io.stdout(
    `learned from ${tasks.length} tasks; leave-one-out error on held-out tasks ${regressor.validationLoss.toPrecision(4)}\n` +
      weights.map(({ name, weight }) => `  ${name}: ${weight.toPrecision(3)}\n`).join('') +
      `unit: ${out}\n`,
  );
  return 0;
}

/** The tasks of the file that the command line names. */
export async function readTaskFile(args: CommandArgs, io: CommandIo) {
  const path = args.arguments[0]!;
  const features = args.options.features;
  const options: ReadTasksOptions = {
    name: path,
    task: String(args.options.task),
    label: String(args.options.label),
    features: typeof features === 'string' ? features.split(',').map((each) => each.trim()) : undefined,
  };
  return readTasks(new TextDecoder().decode(await readBytes(io.cwd, path)), options);
}
