import { basename, resolve } from 'node:path';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { readBytes, readText, textOption, writeWhole } from '@lab/experiment/cli';
import { disposeTree, engine, lora, tf } from '@lab/tensor-core';
import { loadPeft } from '../peft';
import { loadModel, networkOf, scaled } from './model';
import { readTaskTable } from './table';

/** `lab meta-lora predict`: the targets of new rows. */
export const predictCommand: PaperCommand = {
  name: 'predict',
  summary: 'Predict the targets of CSV rows with a base and an adapter',
  description:
    'Reads a base, a PEFT adapter for it (or none), and a CSV with the feature columns; writes the targets as CSV.',
  arguments: [{ name: 'CSV', description: 'rows with the features of the base' }],
  options: [
    { flag: 'base', value: 'FILE', description: 'the base', default: 'base.safetensors' },
    { flag: 'adapter', value: 'DIR', description: 'folder of the adapter (default: none)' },
    { flag: 'out', value: 'FILE', description: 'where to write (default: standard output)' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  await engine();
  const { card, params } = loadModel(await readBytes(io.cwd, textOption(args, 'base') ?? 'base.safetensors'));
  try {
    const { features } = card;
    const table = readTaskTable((await readText(io.cwd, path)).text, basename(path), {
      targets: [],
      features,
    });
    const folder = textOption(args, 'adapter');
    const files = folder && {
      config: (await readText(io.cwd, `${folder}/adapter_config.json`)).text,
      weights: await readBytes(io.cwd, `${folder}/adapter_model.safetensors`),
    };
    const output = tf.tidy(() => {
      const { adapters, alpha } = files
        ? loadPeft(files, { params })
        : { adapters: undefined, alpha: undefined };
      const adapted = adapters ? lora.apply(params, adapters, { alpha }) : params;
      return networkOf(card).apply(adapted, scaled(table.tasks.get('task')!.x, card.scale.x));
    });
    const { mean, deviation } = card.scale.y;
    const rows = (output.arraySync() as number[][]).map((row) =>
      row.map((value, c) => Number((value * deviation[c]! + mean[c]!).toPrecision(7))).join(','),
    );
    output.dispose();
    const csv = `${[card.targets.join(','), ...rows].join('\n')}\n`;
    const out = textOption(args, 'out');
    if (out === undefined) io.stdout(csv);
    else await writeWhole(resolve(io.cwd, out), csv);
    return 0;
  } finally {
    disposeTree(params);
  }
}
