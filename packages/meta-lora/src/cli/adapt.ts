import { basename, resolve } from 'node:path';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { numberOption, readBytes, readText, textOption, writeWhole } from '@lab/experiment/cli';
import { adamw, disposeTree, engine, treeLeaves, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { savePeft } from '../peft';
import { adapt } from '../retrain';
import { loraSlots } from '../slots';
import { loadModel, squaredError, taskOf } from './model';
import { fitting } from './retrain';
import { readTaskTable } from './table';

/** `lab meta-lora adapt`: a LoRA adapter for one new task. */
export const adaptCommand: PaperCommand = {
  name: 'adapt',
  summary: 'Fit a LoRA adapter of a base to the rows of one new task',
  description:
    'Reads a base of `lab meta-lora retrain` and a CSV with the same columns, freezes the base, trains a fresh adapter, and writes it as ' +
    'a PEFT adapter (adapter_config.json and adapter_model.safetensors). Every fifth row is held out for the error.',
  arguments: [{ name: 'CSV', description: 'rows of the new task' }],
  options: [
    { flag: 'base', value: 'FILE', description: 'the base', default: 'base.safetensors' },
    { flag: 'out', value: 'DIR', description: 'folder of the adapter', default: 'adapter' },
    { flag: 'rank', value: 'N', description: 'rank of the adapter', default: '1' },
    { flag: 'epochs', value: 'N', description: 'passes over the rows', default: '300' },
    { flag: 'rate', value: 'X', description: 'learning rate', default: '0.005' },
    { flag: 'seed', value: 'N', description: 'seed of all draws', default: '0' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  await engine();
  const { card, params } = loadModel(await readBytes(io.cwd, textOption(args, 'base') ?? 'base.safetensors'));
  const owned: Tensor[] = [];
  try {
    const table = readTaskTable((await readText(io.cwd, path)).text, basename(path), card);
    const task = taskOf(basename(path), table.tasks.get('task')!, { card, batchSize: 32, owned });
    const slots = loraSlots({
      targets: /weight$/,
      rank: fitting(numberOption(args, 'rank', { min: 1, whole: true }) ?? 1, card),
    });
    const epochs = numberOption(args, 'epochs', { min: 1, whole: true }) ?? 300;
    const { slot } = await adapt({
      params,
      task,
      loss: squaredError(card),
      slots,
      optimizer: adamw({
        learningRate: numberOption(args, 'rate', { min: 0 }) ?? 0.005,
      }),
      epochs,
      key: key(numberOption(args, 'seed', { min: 0, whole: true }) ?? 0),
      selectBy: 'score',
      signal: io.signal,
      onStep: ({ fraction, epoch }) => io.progress(fraction, `epoch ${epoch + 1} of ${epochs}`),
    });
    owned.push(...treeLeaves<Tensor>(slot));
    const adapted = slots.apply(params, slot);
    const [before, after] = [await task.score!(params), await task.score!(adapted)];
    owned.push(...adapted.layers.map(({ weight }) => weight));
    const out = textOption(args, 'out') ?? 'adapter';
    const files = await savePeft({ params, adapters: slot, alpha: slots.options.alpha });
    await writeWhole(resolve(io.cwd, `${out}/adapter_config.json`), files.config);
    await writeWhole(resolve(io.cwd, `${out}/adapter_model.safetensors`), files.weights);
    io.stdout(
      `held-out error ${(-before).toFixed(4)} of the variance before, ${(-after).toFixed(4)} after\nwrote ${out}\n`,
    );
    return 0;
  } finally {
    disposeTree([params, owned]);
  }
}
