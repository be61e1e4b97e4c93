import { basename, resolve } from 'node:path';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { listOption, numberOption, readText, textOption, wordOption, writeWhole } from '@lab/experiment/cli';
import { adamw, disposeTree, engine, type Tensor } from '@lab/tensor-core';
import { key, split, type Key } from '@lab/tensor-core/random';
import { standardRetrain } from '../baselines';
import { metaRetrain } from '../retrain';
import { loraSlots } from '../slots';
import { momentsOf, networkOf, saveModel, squaredError, taskOf, type ModelCard } from './model';
import { readTaskTable } from './table';

/** `lab meta-lora retrain`: a base from a table with many tasks. */
export const retrainCommand: PaperCommand = {
  name: 'retrain',
  summary: 'Train a base on a CSV with many tasks, to be adapted to new ones',
  description:
    'Reads features, targets and a column that names the task of each row (customers, devices, sites). Trains a small network as a base ' +
    'together with one LoRA adapter for each task, which is thrown away, and writes the base. Every fifth row of a task is held out; the ' +
    'epoch with the best mean error there is kept. `--method standard` trains without adapters, to compare.',
  arguments: [{ name: 'CSV', description: 'a table with a header' }],
  options: [
    { flag: 'task', value: 'NAME', description: 'column that names the task', required: true },
    { flag: 'target', value: 'NAMES', description: 'columns to predict, by commas', required: true },
    { flag: 'out', value: 'FILE', description: 'where to write the base', default: 'base.safetensors' },
    {
      flag: 'rank',
      value: 'N',
      description: 'rank of the adapters; as small as the tasks allow',
      default: '1',
    },
    {
      flag: 'hidden',
      value: 'SIZES',
      description: 'sizes of the hidden layers, by commas',
      default: '32,32',
    },
    { flag: 'epochs', value: 'N', description: 'passes over all rows', default: '100' },
    { flag: 'batch', value: 'N', description: 'rows of a batch', default: '32' },
    { flag: 'rate', value: 'X', description: 'learning rate', default: '0.003' },
    { flag: 'method', value: 'NAME', description: 'meta or standard', default: 'meta' },
    { flag: 'seed', value: 'N', description: 'seed of all draws', default: '0' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  const targets = listOption(args, 'target') ?? [];
  const table = readTaskTable((await readText(io.cwd, path)).text, basename(path), {
    task: textOption(args, 'task'),
    targets,
  });
  const hidden = (listOption(args, 'hidden') ?? ['32', '32']).map(Number);
  const all = [...table.tasks.values()];
  const card: ModelCard = {
    features: table.features,
    targets,
    sizes: [table.features.length, ...hidden, targets.length],
    scale: { x: momentsOf(all.flatMap(({ x }) => x)), y: momentsOf(all.flatMap(({ y }) => y)) },
  };
  const method = wordOption(args, 'method', ['meta', 'standard']);
  const epochs = numberOption(args, 'epochs', { min: 1, whole: true }) ?? 100;
  const rank = numberOption(args, 'rank', { min: 1, whole: true }) ?? 1;
  const [init, training] = split(key(numberOption(args, 'seed', { min: 0, whole: true }) ?? 0)) as [Key, Key];
  await engine();
  const owned: Tensor[] = [];
  const params = networkOf(card).init(init);
  try {
    const batchSize = numberOption(args, 'batch', { min: 1, whole: true }) ?? 32;
    const tasks = [...table.tasks].map(([id, rows]) => taskOf(id, rows, { card, batchSize, owned }));
    const options = {
      params,
      tasks,
      loss: squaredError(card),
      optimizer: adamw({
        learningRate: numberOption(args, 'rate', { min: 0 }) ?? 0.003,
      }),
      epochs,
      key: training,
      selectBy: 'score' as const,
      signal: io.signal,
      onStep: ({ fraction, epoch }: { fraction: number; epoch: number }) =>
        io.progress(fraction, `epoch ${epoch + 1} of ${epochs}`),
    };
    const { base, report } =
      method === 'standard'
        ? await standardRetrain(options).then((done) => ({ base: done.params, report: done.report }))
        : await metaRetrain({
            ...options,
            slots: loraSlots({ targets: /weight$/, rank: fitting(rank, card) }),
          }).then((done) => {
            disposeTree(done.slots);
            return { base: done.params, report: done.report };
          });
    const out = textOption(args, 'out') ?? 'base.safetensors';
    await writeWhole(resolve(io.cwd, out), await saveModel({ card, params: base })).finally(() =>
      disposeTree(base),
    );
    report.epochs[report.kept]!.scores!.forEach((score, t) =>
      io.stdout(`${report.tasks[t]!}: held-out error ${(-score).toFixed(4)} of the variance\n`),
    );
    for (const warning of report.warnings) io.stderr(`${warning}\n`);
    io.stdout(`kept epoch ${report.kept + 1} of ${epochs}; wrote ${out}\n`);
    return 0;
  } finally {
    disposeTree([params, owned]);
  }
}

/** A layer to one target has rank 1 at most. */
export const fitting = (rank: number, { sizes }: ModelCard): number => Math.min(rank, ...sizes);
