import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { assertCount } from '../methods/settings';
import { assertFiniteTensor } from '../model/flat-model';
import { asRows } from '../model/losses';
import { asList, type Samples, type Task } from '../model/types';
import type { UnlearnOptions } from './options';

/** @throws LabError for options and data that no run can have */
export async function checkRun<Params>(
  options: UnlearnOptions<Params>,
  apply: (x: Tensor) => readonly Tensor[],
): Promise<void> {
  const { retain, forget, task, method, epochs, batchSize } = options;
  assertCount('unlearn', { epochs, ...(batchSize !== undefined && { batchSize }) }, 1);
  if ((options.key as readonly unknown[] | undefined)?.length !== 2)
    throw new LabError('argument', 'unlearn: a key is required', {
      argument: 'key',
      hint: 'key(0) makes one',
    });
  if (method.needs.classifier && task !== 'classification')
    throw new LabError('argument', `${method.name} is for classifiers`, { argument: 'task', received: task });
  if (method.needs.forget && !forget)
    throw new LabError('argument', `${method.name} needs the data to forget`, { argument: 'forget' });
  if (forget && forget.x === retain.x)
    throw new LabError('argument', 'unlearn: retain and forget are the same data', { argument: 'forget' });
  await checkSamples('retain', retain, task, apply);
  if (forget) await checkSamples('forget', forget, task, apply);
}

async function checkSamples(
  name: string,
  { x, y }: Samples,
  task: Task,
  apply: (x: Tensor) => readonly Tensor[],
): Promise<void> {
  const targets = asList(y);
  const n = x.rank === 0 ? 0 : x.shape[0];
  if (n === 0) throw new LabError('argument', `unlearn: ${name} has no rows`, { argument: name });
  for (const target of targets)
    if (target.shape[0] !== n)
      throw new LabError('shape', `unlearn: ${name} has not one target for each row`, {
        argument: name,
        expected: n,
        received: target.shape,
      });
  await assertFiniteTensor(`${name}.x`, x);
  const sizes = tf.tidy(
    () => apply(tf.slice(x, 0, 1)).map((output) => asRows(output).shape[1]!) as never,
  ) as number[];
  if (sizes.length !== targets.length)
    throw new LabError(
      'shape',
      `unlearn: the model has ${sizes.length} heads, ${name}.y ${targets.length} targets`,
      {
        argument: `${name}.y`,
      },
    );
  for (const [head, target] of targets.entries()) {
    await assertFiniteTensor(`${name}.y`, target);
    if (task === 'classification') await checkLabels(`${name}.y`, target, sizes[head]!);
    else if (target.size !== n * sizes[head]!)
      throw new LabError('shape', `unlearn: the targets of ${name} have not the model's output size`, {
        argument: `${name}.y`,
        expected: [n, sizes[head]],
        received: target.shape,
      });
  }
}

async function checkLabels(argument: string, labels: Tensor, classes: number): Promise<void> {
  const values = await labels.data();
  const bad = values.findIndex((label: number) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (labels.rank !== 1 || labels.dtype !== 'int32' || bad >= 0)
    throw new LabError('argument', 'unlearn: labels are whole numbers of a class each, int32 [n]', {
      argument,
      expected: `0 to ${classes - 1}`,
      received:
        bad >= 0 ? `${String(values[bad])} in row ${bad}` : `${labels.dtype} [${labels.shape.join(',')}]`,
    });
}
