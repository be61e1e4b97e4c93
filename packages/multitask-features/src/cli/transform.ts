import { basename, resolve } from 'node:path';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { listOption, numberOption, readBytes, textOption, writeWhole } from '@lab/experiment/cli';
import { loadModel } from '../pretrain/save-model';
import { suggestedRank } from '../pretrain/suggested-rank';
import { transform } from '../probe/features';
import { readFeatureFile } from './feature-file';
import { readLabelCsv } from './label-csv';

/** `lab multitask-features transform`: coordinates of rows along the learnt directions. */
export const transformCommand: PaperCommand = {
  name: 'transform',
  summary: 'Write the coordinates of CSV rows along the learnt directions',
  description:
    'Reads a model of `lab multitask-features pretrain` and a CSV (or .npy, .safetensors, .parquet) with the same features in the same ' +
    'order, and writes one ' +
    'column for each direction.',
  arguments: [
    {
      name: 'CSV',
      description: 'rows with the features that the model was trained on; also .npy, .safetensors, .parquet',
    },
  ],
  options: [
    { flag: 'model', value: 'FILE', description: 'the model', required: true },
    { flag: 'drop', value: 'NAMES', description: 'columns that are no features, such as labels' },
    { flag: 'rank', value: 'N', description: 'directions (default: at the largest gap)' },
    { flag: 'out', value: 'FILE', description: 'where to write (default: standard output)' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const model = loadModel(await readBytes(io.cwd, textOption(args, 'model')!));
  const path = args.arguments[0]!;
  const bytes = await readBytes(io.cwd, path);
  const x = /\.(npy|safetensors|parquet)$/.test(path)
    ? await readFeatureFile(bytes, basename(path))
    : readLabelCsv(new TextDecoder().decode(bytes), {
        name: basename(path),
        labels: listOption(args, 'drop') ?? [],
      }).x;
  const rank = numberOption(args, 'rank', { min: 1, whole: true }) ?? suggestedRank(model).rank;
  const { shape, data } = transform(model, x, { mode: 'project', rank });
  const rows = Array.from({ length: shape[0]! }, (_, i) => data.subarray(i * rank, (i + 1) * rank).join(','));
  const header = Array.from({ length: rank }, (_, c) => `feature${c + 1}`).join(',');
  const csv = `${[header, ...rows].join('\n')}\n`;
  const out = textOption(args, 'out');
  if (out === undefined) io.stdout(csv);
  else await writeWhole(resolve(io.cwd, out), csv);
  return 0;
}
