import { join, resolve } from 'node:path';
import { disposeTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { fileCheckpoints } from '@lab/tensor-core/checkpoint';
import { key } from '@lab/tensor-core/random';
import { arrayData, trainDenoiser } from '@lab/diffusion-core';
import {
  minMaxScaler,
  ohlcIncrementsScaler,
  readSeriesCsv,
  returnsScaler,
  standardScaler,
  windows,
  type Scaler,
  type ScalerData,
} from '@lab/datasets';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import {
  claimFolder,
  engineFlags,
  listOption,
  numberOption,
  readText,
  startEngine,
  textOption,
  wordOption,
} from '@lab/experiment/cli';
import { modelSchedule, networkOf, saveModel, type ModelCard } from './model-folder';

const scalers: Record<string, (data: ScalerData) => Scaler> = {
  standard: standardScaler,
  'min-max': minMaxScaler,
  'ohlc-increments': ohlcIncrementsScaler,
  returns: returnsScaler,
};

/** `lab cps train`: a diffusion model of the user's own series. */
export const train: PaperCommand = {
  name: 'train',
  summary: 'Train a diffusion model on the series of a CSV file',
  description:
    'Cuts the series into windows, trains a denoising network on them and writes the model to a folder. ' +
    'Stopped by Ctrl-C, or killed, it goes on from its last checkpoint when it is called again with the same options.',
  arguments: [
    { name: 'CSV', description: 'the series, one row a time, a header with the names of the columns' },
  ],
  options: [
    { flag: 'out', value: 'DIR', description: 'folder of the model', required: true },
    { flag: 'columns', value: 'NAMES', description: 'columns to model, as a,b,c (default: all but --time)' },
    { flag: 'time', value: 'NAME', description: 'column with dates or times, which is not modelled' },
    {
      flag: 'length',
      value: 'ROWS',
      description: 'rows of a window, and of what is generated',
      default: '96',
    },
    {
      flag: 'stride',
      value: 'ROWS',
      description: "rows from one window's start to the next one's",
      default: '1',
    },
    {
      flag: 'scaler',
      value: 'KIND',
      description: `${Object.keys(scalers).join(', ')} (for prices: ohlc-increments or returns)`,
      default: 'standard',
    },
    { flag: 'network', value: 'KIND', description: 'mlp or transformer', default: 'mlp' },
    { flag: 'width', value: 'UNITS', description: 'units of a layer', default: '128' },
    { flag: 'layers', value: 'N', description: 'hidden layers, or transformer blocks', default: '2' },
    { flag: 'steps', value: 'N', description: 'training steps', default: '3000' },
    { flag: 'batch', value: 'N', description: 'windows in a step', default: '64' },
    { flag: 'max-gap', value: 'ROWS', description: 'missing values: longest run that is interpolated' },
    { flag: 'seed', value: 'N', description: 'seed of all randomness', default: '0' },
    ...engineFlags,
  ],
  run: runTrain,
};

async function runTrain(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  const folder = resolve(io.cwd, textOption(args, 'out')!);
  const batchSize = numberOption(args, 'batch', { min: 1, whole: true })!;
  const steps = numberOption(args, 'steps', { min: 1, whole: true })!;
  const seed = numberOption(args, 'seed', { whole: true })!;
  const { card, scaler, values, count } = await prepare(args, { io, path, batchSize, steps, seed });

  await startEngine(args);
  await claimFolder(folder, card);
  const network = networkOf(card);
  const { params, losses, resumedFrom, seconds } = await trainDenoiser({
    network,
    schedule: modelSchedule,
    predicts: card.predicts,
    data: arrayData({ shape: [count, card.length, scaler.channels.length], data: values }),
    steps,
    batchSize,
    key: key(seed),
    signal: io.signal,
    checkpoint: fileCheckpoints(join(folder, 'checkpoints')),
    checkpointEvery: 250,
    onStep: ({ step, loss, stepsPerSecond }) => {
      io.progress(
        step / steps,
        `step ${step}, loss ${loss.toFixed(4)}, ${stepsPerSecond.toFixed(0)} steps/s`,
      );
    },
  });
  const recent = losses.slice(-100);
  const loss = recent.reduce((sum, each) => sum + each, 0) / Math.max(1, recent.length);
  try {
    await saveModel(folder, { ...card, training: { ...card.training, loss } }, params);
  } finally {
    disposeTree(params);
  }
  if (resumedFrom > 0) io.stderr(`went on from step ${resumedFrom}\n`);
  io.stdout(
    `trained on ${count} windows of ${card.length} rows, ${card.channels.length} channels: ${steps} steps, ` +
      `${seconds.toFixed(1)} s, loss ${loss.toFixed(4)}\nmodel: ${textOption(args, 'out')!}\n`,
  );
  return 0;
}

interface PrepareOptions {
  readonly io: CommandIo;
  readonly path: string;
  readonly batchSize: number;
  readonly steps: number;
  readonly seed: number;
}

/** The scaled windows and the card of the model to be. */
async function prepare(args: CommandArgs, { io, path, batchSize, steps, seed }: PrepareOptions) {
  const { text, name } = await readText(io.cwd, path);
  const columns = listOption(args, 'columns');
  const time = textOption(args, 'time');
  const maxGap = numberOption(args, 'max-gap', { min: 0, whole: true });
  const series = readSeriesCsv(text, {
    name,
    ...(columns && { columns }),
    ...(time !== undefined && { time }),
    ...(maxGap !== undefined && { maxGap }),
  });
  const length = numberOption(args, 'length', { min: 1, whole: true })!;
  const stride = numberOption(args, 'stride', { min: 1, whole: true })!;
  const scalerKind = wordOption(args, 'scaler', Object.keys(scalers))!;
  const previous = scalerKind === 'ohlc-increments' || scalerKind === 'returns';
  const cut = windows(series, { length, stride, previous });
  if (cut.count === 0)
    throw new LabError('argument', `${name}: no window of ${length} rows fits`, {
      argument: '--length',
      received: `${series.length} rows`,
      hint: 'choose a smaller --length',
    });
  const scaler = scalers[scalerKind]!(series);
  const starts = scaler.starts(cut);
  const values = scaler.fromRaw(cut.values, { length, ...(starts.length > 0 && { start: starts }) });
  const range = values.reduce<[number, number]>(
    ([low, high], each) => [Math.min(low, each), Math.max(high, each)],
    [Infinity, -Infinity],
  );
  const card: ModelCard = {
    format: 'lab-cps-model',
    version: 1,
    length,
    channels: [...scaler.channels],
    scaler: scaler.toJSON(),
    network: {
      kind: wordOption(args, 'network', ['mlp', 'transformer'])!,
      width: numberOption(args, 'width', { min: 1, whole: true })!,
      layers: numberOption(args, 'layers', { min: 1, whole: true })!,
    },
    schedule: 'cosine',
    predicts: 'v',
    range,
    ...(starts.length > 0 && { start: [...starts.slice(-starts.length / cut.count)] }),
    training: { data: name, rows: series.length, windows: cut.count, steps, batchSize, seed },
  };
  return { card, scaler, values, count: cut.count };
}
