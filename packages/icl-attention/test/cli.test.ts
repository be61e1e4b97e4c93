import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { engine } from '@lab/tensor-core';
import { commands } from '../src/cli';
import { sineTasks } from '../src/experiments/tasks/sine-tasks';

let folder = '';
const names = ['level', 'hour', 'size', 'shift'];

function csv(tasks: ReturnType<typeof sineTasks>, unlabelled = 0): string {
  const lines = tasks.flatMap(({ x, y }, t) =>
    Array.from({ length: y.length }, (_, i) =>
      [`store ${t}`, ...x.data.subarray(4 * i, 4 * i + 4), i < unlabelled ? '' : y[i]!].join(','),
    ),
  );
  return ['task', ...names, 'y'].join(',') + '\n' + lines.join('\n') + '\n';
}

beforeAll(async () => {
  await engine();
  folder = await mkdtemp(join(tmpdir(), 'lab-icl-'));
  await writeFile(join(folder, 'tasks.csv'), csv(sineTasks(120)));
  await writeFile(join(folder, 'new.csv'), csv(sineTasks(10, { seed: 5 }), 4));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(verb: string, file: string, options: Record<string, string> = {}) {
  const command = commands.find(({ name }) => name === verb)!;
  const defaults = Object.fromEntries(command.options.map((option) => [option.flag, option.default]));
  let stdout = '';
  const code = await command.run(
    { arguments: [file], options: { ...defaults, ...options } },
    {
      stdout: (text) => void (stdout += text),
      stderr: () => undefined,
      signal: new AbortController().signal,
      progress: () => undefined,
      cwd: folder,
    },
  );
  return { code, stdout };
}

test('fit names the feature that matters, predict is near the labels that were left out', async () => {
  const fitted = await expectNoLeak(() => run('fit', 'tasks.csv'));
  expect(fitted.code).toBe(0);
  expect(fitted.stdout.split('\n')[1]).toMatch(/^ {2}level: /);
  const { stdout } = await run('predict', 'new.csv');
  const [header, ...rows] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  expect(header).toEqual(['task', ...names, 'prediction', 'deviation', 'rows averaged']);
  expect(rows).toHaveLength(40);
  const truth = sineTasks(10, { seed: 5 });
  const square = rows.reduce(
    (sum, row, at) => sum + (Number(row[5]) - truth[Math.floor(at / 4)]!.y[at % 4]!) ** 2,
    0,
  );
  // The variance of y is about .55, its noise .01.
  expect(square / 40).toBeLessThan(0.2);
});

test.each([
  ['a column that is not there', 'tasks.csv', { label: 'price' }, /no column price/],
  ['a file that is not there', 'none.csv', {}, /none\.csv cannot be read/],
  ['steps in words', 'tasks.csv', { steps: 'many' }, /--steps/],
])('refuses %s', async (_, file, options, sentence) => {
  await expect(run('fit', file, options)).rejects.toThrow(sentence);
});

test('refuses a cell that is no number, by its line', async () => {
  await writeFile(join(folder, 'bad.csv'), 'task,a,y\nx,1,2\nx,dog,3\n');
  await expect(run('fit', 'bad.csv')).rejects.toThrow(/line 3 has no number in column a/);
});

test('refuses a query whose task has no labelled row', async () => {
  await run('fit', 'tasks.csv', { steps: '2' });
  await writeFile(join(folder, 'lonely.csv'), `task,${names.join(',')},y\nz,1,2,3,4,\n`);
  await expect(run('predict', 'lonely.csv')).rejects.toThrow(/no labelled row/);
});
