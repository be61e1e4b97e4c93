import { dirname, join, resolve } from 'node:path';
import { disposeTree, engine, saveTree, type MlpParams } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { numberOption, requiredOption, textOption, writeWhole } from '@lab/experiment/cli';
import { unlearn } from '../run/unlearn';
import { methodOf, methodNames } from './method-option';
import { networkOf, readConfig, readParams, readTable, samplesOf } from './model-config';
import { describeReport, measureRun } from './report';
import { idsOf } from './train';

/** `lab unlearning forget`: rows out of a trained model. */
export const forgetCommand: PaperCommand = {
  name: 'forget',
  summary: 'Make a trained model forget rows of its training data',
  description:
    'Reads a model of `lab unlearning train`, the table it was trained on and a list of rows; unlearns them and writes the new ' +
    'weights and a report: loss and accuracy on kept, forgotten and test rows before and after, the distance to a retrained ' +
    'model where one is given, and whether a loss threshold still tells forgotten rows from unseen ones.',
  arguments: [{ name: 'CSV', description: 'the table that the model was trained on' }],
  options: [
    { flag: 'model', value: 'FILE', description: 'the trained weights', required: true },
    { flag: 'config', value: 'FILE', description: 'what they mean (default: model.json beside them)' },
    { flag: 'forget', value: 'FILE', description: 'the rows to forget, one a line', required: true },
    { flag: 'id', value: 'NAME', description: 'the column that names rows (default: their numbers from 0)' },
    {
      flag: 'test',
      value: 'FILE',
      description: 'a table of unseen rows, for test metrics and the membership check',
    },
    { flag: 'retrained', value: 'FILE', description: 'weights trained without the rows, to compare with' },
    { flag: 'method', value: 'NAME', description: methodNames.join(', '), default: 'min-norm-og' },
    { flag: 'epochs', value: 'N', description: 'passes', default: '10' },
    { flag: 'batch-size', value: 'N', description: 'rows of a batch (default: all at once)' },
    { flag: 'learning-rate', value: 'N', description: 'of AdamW', default: '0.001' },
    { flag: 'strength', value: 'N', description: "weight of the method's own term (default: the method's)" },
    { flag: 'seed', value: 'N', description: 'seed of all draws', default: '0' },
    { flag: 'out', value: 'FILE', description: 'the new weights', default: 'unlearned.safetensors' },
    { flag: 'report', value: 'FILE', description: 'the report as JSON' },
  ],
  run,
};

async function run(args: CommandArgs, io: CommandIo): Promise<number> {
  const path = args.arguments[0]!;
  const modelFile = requiredOption(args, 'model');
  const config = await readConfig(
    io.cwd,
    textOption(args, 'config') ?? join(dirname(modelFile), 'model.json'),
  );
  const table = await readTable(io.cwd, path, { ...config, id: textOption(args, 'id') });
  const ids = new Set(
    await idsOf(
      { ...args, options: { ...args.options, forget: requiredOption(args, 'forget') } },
      io,
      'forget',
    ),
  );
  const unknown = [...ids].filter((each) => !table.ids.includes(each));
  if (unknown.length > 0)
    throw new LabError('argument', 'rows to forget are not in the table', {
      argument: 'forget',
      received: unknown.slice(0, 5),
      expected: `rows such as ${table.ids.slice(0, 3).join(', ')}`,
    });
  const all = table.ids.map((_, row) => row);
  const kept = all.filter((row) => !ids.has(table.ids[row]!));
  if (kept.length === 0) throw new LabError('argument', 'there would be no row left', { argument: 'forget' });
  const epochs = numberOption(args, 'epochs', { min: 1, whole: true }) ?? 10;
  const method = methodOf(textOption(args, 'method') ?? 'min-norm-og', {
    strength: numberOption(args, 'strength', { min: 0 }),
    epochs,
  });
  await engine();
  const network = networkOf(config);
  const made: object[] = [];
  const keep = <T extends object>(each: T): T => {
    made.push(each);
    return each;
  };
  try {
    const params = keep(await readParams(io.cwd, modelFile, config));
    const retain = keep(samplesOf(table, kept, config));
    const forget = keep(
      samplesOf(
        table,
        all.filter((row) => ids.has(table.ids[row]!)),
        config,
      ),
    );
    const testFile = textOption(args, 'test');
    const tested = testFile === undefined ? undefined : await readTable(io.cwd, testFile, config);
    const test =
      tested &&
      keep(
        samplesOf(
          tested,
          tested.ids.map((_, row) => row),
          config,
        ),
      );
    const retrainedFile = textOption(args, 'retrained');
    const retrained: MlpParams | undefined =
      retrainedFile === undefined ? undefined : keep(await readParams(io.cwd, retrainedFile, config));
    const result = await unlearn(network, {
      params,
      retain,
      forget,
      task: config.task,
      method,
      epochs,
      batchSize: numberOption(args, 'batch-size', { min: 1, whole: true }),
      learningRate: numberOption(args, 'learning-rate', { min: 0 }) ?? 1e-3,
      key: key(numberOption(args, 'seed', { min: 0, whole: true }) ?? 0),
      signal: io.signal,
      onStep: ({ step, steps }) => io.progress((step + 1) / steps, `step ${step + 1} of ${steps}`),
    });
    keep(result.params);
    const report = await measureRun(network, {
      task: config.task,
      before: params,
      result,
      retrained,
      data: { retain, forget, ...(test && { test }) },
    });
    const out = textOption(args, 'out') ?? 'unlearned.safetensors';
    await writeWhole(resolve(io.cwd, out), writeSafetensors(await saveTree(result.params)));
    const reportFile = textOption(args, 'report');
    if (reportFile !== undefined)
      await writeWhole(resolve(io.cwd, reportFile), `${JSON.stringify(report, null, 2)}\n`);
    io.stdout(`${describeReport(report)}\n${out}\n`);
    return 0;
  } finally {
    made.forEach(disposeTree);
  }
}
