import { dirname, resolve } from 'node:path';
import { adamw, disposeTree, engine, saveTree, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { writeSafetensors } from '@lab/tensor-core/io';
import { foldIn, key, randint } from '@lab/tensor-core/random';
import { readSeriesCsv } from '@lab/datasets';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { numberOption, readText, requiredOption, textOption, writeWhole } from '@lab/experiment/cli';
import { asList } from '../model/types';
import { lossOf } from '../model/losses';
import { train } from '../model/train';
import { hostRows } from '../model/host-rows';
import { networkOf, readTable, samplesOf, type ModelConfig } from './model-config';

/** `lab unlearning train`: a perceptron on a table, which `forget` can work on. */
export const trainCommand: PaperCommand = {
  name: 'train',
  summary: 'Train a network on a CSV of numbers, to be unlearned from later',
  description:
    'Reads a table of numbers with a header, trains a two-layer perceptron on one column as the target (class numbers from 0 for ' +
    'classification) and writes model.safetensors with model.json beside it. With --without, rows of that list are left out: ' +
    'the retrained model that unlearning is compared with.',
  arguments: [{ name: 'CSV', description: 'the table' }],
  options: [
    { flag: 'target', value: 'NAME', description: 'the column to predict', required: true },
    { flag: 'task', value: 'TASK', description: 'classification or regression', default: 'classification' },
    { flag: 'without', value: 'FILE', description: 'rows to leave out, as for `forget`' },
    { flag: 'id', value: 'NAME', description: 'the column that names rows (default: their numbers from 0)' },
    { flag: 'width', value: 'N', description: 'neurons of each hidden layer', default: '64' },
    { flag: 'steps', value: 'N', description: 'training steps', default: '2000' },
    { flag: 'learning-rate', value: 'N', description: 'of AdamW', default: '0.003' },
    { flag: 'seed', value: 'N', description: 'seed of all draws', default: '0' },
    { flag: 'out', value: 'FILE', description: 'where to write the weights', default: 'model.safetensors' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  const [target, id] = [requiredOption(args, 'target'), textOption(args, 'id')];
  const task = (textOption(args, 'task') ?? 'classification') as ModelConfig['task'];
  if (!['classification', 'regression'].includes(task))
    throw new LabError('argument', '--task is classification or regression', {
      argument: 'task',
      received: task,
    });
  const { text, name } = await readText(io.cwd, path);
  const whole = readSeriesCsv(text, { name });
  const features = whole.channels.filter((column) => column !== target && column !== id);
  const width = numberOption(args, 'width', { min: 1, whole: true }) ?? 64;
  const { mean, scale } = standardised(whole, features);
  const table = await readTable(io.cwd, path, { features, target, id, mean, scale });
  const left = new Set(await idsOf(args, io, 'without'));
  const rows = table.ids.flatMap((each, row) => (left.has(each) ? [] : [row]));
  const outputs = task === 'regression' ? 1 : 1 + Math.max(...table.targets);
  const config: ModelConfig = {
    format: 'lab-unlearning-model',
    version: 1,
    sizes: [features.length, width, width, outputs],
    activation: 'silu',
    task,
    features,
    target,
    mean,
    scale,
  };
  await engine();
  const network = networkOf(config);
  const seed = key(numberOption(args, 'seed', { min: 0, whole: true }) ?? 0);
  const loss = lossOf(task);
  const samples = samplesOf(table, rows, config);
  const drawn = await hostRows({ x: samples.x, y: asList(samples.y)[0]! });
  const first = network.init(foldIn(seed, 0));
  const batch = Math.min(64, rows.length);
  try {
    const { params, losses } = await train({
      params: first,
      optimizer: adamw({ learningRate: numberOption(args, 'learning-rate', { min: 0 }) ?? 3e-3 }),
      loss: (p, { x, y }: { x: Tensor; y: Tensor }) => loss([network.apply(p, x)], [y]),
      batches: (_, each) => drawn.take(randint(each, batch, { high: rows.length })),
      steps: numberOption(args, 'steps', { min: 1, whole: true }) ?? 2000,
      key: foldIn(seed, 1),
      signal: io.signal,
      onStep: ({ step, steps }) => io.progress(step / steps, `step ${step} of ${steps}`),
    });
    const out = textOption(args, 'out') ?? 'model.safetensors';
    await writeWhole(resolve(io.cwd, out), writeSafetensors(await saveTree(params)));
    await writeWhole(resolve(io.cwd, dirname(out), 'model.json'), `${JSON.stringify(config, null, 2)}\n`);
    disposeTree(params);
    io.stdout(
      `${rows.length} rows, ${features.length} features, loss ${losses.at(-1)!.toPrecision(3)}: ${out}\n`,
    );
    return 0;
  } finally {
    disposeTree([first, samples]);
  }
}

/** Ids of a file: one a line, or the first cell of a CSV's lines; a line that is no number is its header. */
export async function idsOf(args: CommandArgs, io: CommandIo, flag: string): Promise<string[]> {
  const path = textOption(args, flag);
  if (path === undefined) return [];
  const { text, name } = await readText(io.cwd, path);
  const cells = text.split(/\r?\n/).flatMap((line) => {
    const cell = line.split(',')[0]!.trim();
    return cell === '' ? [] : [cell];
  });
  if (cells.length > 0 && Number.isNaN(Number(cells[0]))) cells.shift();
  if (cells.length === 0)
    throw new LabError('format', `${name} names no row`, { argument: flag, expected: 'one row a line' });
  const bad = cells.find((cell) => Number.isNaN(Number(cell)));
  if (bad !== undefined)
    throw new LabError('format', `${name}: a row's name is not a number`, { argument: flag, received: bad });
  return cells.map((cell) => String(Number(cell)));
}

function standardised(
  { values, length, channels }: ReturnType<typeof readSeriesCsv>,
  features: readonly string[],
): { mean: number[]; scale: number[] } {
  const columns = features.map((feature) => {
    const at = channels.indexOf(feature);
    const all = Array.from({ length }, (_, row) => values[row * channels.length + at]!);
    const mean = all.reduce((sum, value) => sum + value, 0) / length;
    const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length);
    return { mean, scale: spread > 0 ? spread : 1 };
  });
  return { mean: columns.map(({ mean }) => mean), scale: columns.map(({ scale }) => scale) };
}
