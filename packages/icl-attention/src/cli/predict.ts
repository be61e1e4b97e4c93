import type { CommandArgs, CommandIo, PaperCommand } from '@lab/experiment';
import { readBytes } from '@lab/experiment/cli';
import { LabError } from '@lab/tensor-core/errors';
import { loadTaskRegressor, predictTask } from '../adaptive';
import { readTaskFile, tableOptions } from './fit';

/** `lab icl-attention predict`: labels for the rows that have none. */
export const predict: PaperCommand = {
  name: 'predict',
  summary: 'Predict the rows of a CSV file whose label is empty',
  description:
    'Each row without a label is predicted from the labelled rows of its task. Prints task, features, prediction, a rule-of-thumb ' +
    'standard deviation and how many rows were averaged, as CSV.',
  arguments: [{ name: 'CSV', description: 'rows of new tasks; an empty label asks for a prediction' }],
  options: [
    ...tableOptions,
    { flag: 'unit', value: 'FILE', description: 'what `fit` wrote', default: 'tasks.safetensors' },
  ],
  run: runPredict,
};

async function runPredict(args: CommandArgs, io: CommandIo): Promise<number> {
  const regressor = loadTaskRegressor(await readBytes(io.cwd, String(args.options.unit)));
  const { ids, tasks, features, queries } = await readTaskFile(args, io);
  const lines = [['task', ...features, 'prediction', 'deviation', 'rows averaged'].join(',')];
  for (const { line, id, features: x } of queries) {
    const task = tasks[ids.indexOf(id)];
    if (!task)
      throw new LabError('argument', `the task ${id} of line ${line} has no labelled row`, {
        argument: id,
        hint: 'give at least one row of each task its label',
      });
    const { predictions, variance, effectiveSampleSize } = predictTask(regressor, {
      ...task,
      queries: { shape: [1, x.length], data: Float64Array.from(x) },
    });
    const numbers = [predictions[0]!, Math.sqrt(variance[0]!), effectiveSampleSize[0]!];
    lines.push(
      [/[",]/.test(id) ? JSON.stringify(id) : id, ...x, ...numbers.map((each) => each.toPrecision(6))].join(
        ',',
      ),
    );
  }
  io.stdout(`${lines.join('\n')}\n`);
  return 0;
}
