import { basename, resolve } from 'node:path';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { listOption, numberOption, readBytes, textOption, writeWhole } from '@lab/experiment/cli';
import { key } from '@lab/tensor-core/random';
import { labelColumns } from '../data/label-table';
import { pretrain } from '../pretrain/pretrain';
import { saveModel } from '../pretrain/save-model';
import { permutationRank } from '../pretrain/suggested-rank';
import { readFeatureFile } from './feature-file';
import { readLabelCsv } from './label-csv';

/** `lab multitask-features pretrain`: features from a table with many binary labels. */
export const pretrainCommand: PaperCommand = {
  name: 'pretrain',
  summary: 'Learn shared features from a CSV with many binary label columns',
  description:
    'Reads features and labels (-1 and 1 or 0 and 1, blank where unknown), learns the directions that the labels share, reports ' +
    'how many there are and which tasks show them, and writes the model as a safetensors file.',
  arguments: [{ name: 'CSV', description: 'a table with a header: features and labels' }],
  options: [
    { flag: 'labels', value: 'NAMES', description: 'columns that are labels, by commas', required: true },
    {
      flag: 'features',
      value: 'FILE',
      description:
        'features or embeddings [n, d] as .npy, .safetensors or .parquet (default: the other columns)',
    },
    { flag: 'out', value: 'FILE', description: 'where to write the model', default: 'features.safetensors' },
    { flag: 'width', value: 'N', description: 'neurons', default: '128' },
    { flag: 'rounds', value: 'N', description: 'rounds of both steps', default: '1' },
    { flag: 'seed', value: 'N', description: 'seed of all draws', default: '0' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  const text = new TextDecoder().decode(await readBytes(io.cwd, path));
  const from = textOption(args, 'features');
  const table = readLabelCsv(text, {
    name: basename(path),
    labels: listOption(args, 'labels') ?? [],
    only: from !== undefined,
  });
  const x =
    from === undefined ? table.x : await readFeatureFile(await readBytes(io.cwd, from), basename(from));
  const tasks = labelColumns(x, table.y, { names: table.labels });
  const options = {
    key: key(numberOption(args, 'seed', { min: 0, whole: true }) ?? 0),
    width: numberOption(args, 'width', { min: 1, whole: true }) ?? 128,
    rounds: numberOption(args, 'rounds', { min: 1, whole: true }) ?? 1,
    signal: io.signal,
  };
  const model = await pretrain(tasks, {
    ...options,
    onStep: ({ task, tasks: count, round, rounds }) =>
      io.progress((round - 1 + task / count) / rounds, `round ${round}, task ${task} of ${count}`),
  });
  const { range } = await permutationRank(model, { ...options, tasks });
  const out = textOption(args, 'out') ?? 'features.safetensors';
  await writeWhole(resolve(io.cwd, out), saveModel(model));
  for (const { name, samples, signal, noise } of model.tasks)
    io.stdout(`${name}: ${samples} labels, signal ${(signal / noise).toFixed(1)} times its noise\n`);
  for (const warning of model.warnings) io.stderr(`${warning}\n`);
  io.stdout(`directions: ${range[0] === range[1] ? range[0] : `${range[0]} to ${range[1]}`}\n`);
  io.stdout(`wrote ${out}\n`);
  return 0;
}
