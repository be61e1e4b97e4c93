import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foldIn, key } from '@lab/tensor-core/random';
import { hostArray, writeNpy, writeSafetensors } from '@lab/tensor-core/io';
import { principalAngles } from '@lab/tensor-core/linalg64';
import { drawInputs, labelsOf, loadModel, planted, tasks } from '../../src';
import { commands } from '../../src/cli';
import { readLabelCsv } from '../../src/cli/label-csv';
import { leadingColumns } from '../../src/metrics/recovery';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'multitask-'));
});
afterAll(() => rm(cwd, { recursive: true }));

async function call(name: string, args: readonly string[], options: Record<string, string>) {
  const out: string[] = [];
  const io = {
    stdout: (text: string) => void out.push(text),
    stderr: () => undefined,
    progress: () => undefined,
    signal: new AbortController().signal,
    cwd,
  };
  const code = await commands.find((each) => each.name === name)!.run({ arguments: args, options }, io);
  return { code, text: out.join('') };
}

test('a table with blank labels becomes features', async () => {
  const problem = planted(key(1), { dimensions: 8, rank: 2 });
  const x = drawInputs(key(2), problem, 1500);
  const names = Array.from({ length: 6 }, (_, t) => `y${t}`);
  const labels = names.map((_, t) => labelsOf(problem, tasks.signLinear(foldIn(key(3), t), { rank: 2 }), x));
  const lines = Array.from({ length: 1500 }, (_, i) => {
    const cells = labels.map((y, t) => ((i + t) % 7 === 0 ? '' : y[i]! > 0 ? '1' : '0'));
    return [...x.data.subarray(8 * i, 8 * i + 8), ...cells].join(',');
  });
  const header = [...Array.from({ length: 8 }, (_, k) => `x${k}`), ...names].join(',');
  await writeFile(join(cwd, 'table.csv'), [header, ...lines].join('\n'));

  const { code, text } = await call('pretrain', ['table.csv'], {
    labels: names.join(','),
    out: 'm.safetensors',
  });
  expect(code).toBe(0);
  expect(text).toMatch(/y0: 1285 labels/);
  expect(text).toMatch(/directions: 2/);
  const model = loadModel(new Uint8Array(await readFile(join(cwd, 'm.safetensors'))));
  const angles = principalAngles(leadingColumns(model.directions, 2), problem.projection);
  expect(Math.max(...angles)).toBeLessThan(0.2);

  const written = await call('transform', ['table.csv'], {
    model: 'm.safetensors',
    drop: names.join(','),
    rank: '2',
  });
  expect(written.text.split('\n')).toHaveLength(1502);
  expect(written.text).toMatch(/^feature1,feature2\n/);
});

test('mistakes are named by line and column', async () => {
  expect(() => readLabelCsv('a,b,y\n1,2,0\n1,x,1\n', { name: 't.csv', labels: ['y'] })).toThrow(
    /line 3, column b.*x/,
  );
  expect(() => readLabelCsv('a,y\n,1\n', { name: 't.csv', labels: ['y'] })).toThrow(/blank cell/);
  expect(() => readLabelCsv('a,y\n1\n', { name: 't.csv', labels: ['y'] })).toThrow(/line 2/);
  expect(() => readLabelCsv('a,y\n1,1\n', { name: 't.csv', labels: ['z'] })).toThrow(/no such column/);
  await expect(call('transform', ['table.csv'], { model: 'none' })).rejects.toThrow(/cannot be read/);
});

test('embeddings come from NumPy, safetensors and Parquet files too', async () => {
  const problem = planted(key(4), { dimensions: 4, rank: 1 });
  const x = drawInputs(key(5), problem, 400);
  const y = labelsOf(problem, tasks.signLinear(key(6), { rank: 1 }), x);
  await writeFile(
    join(cwd, 'y.csv'),
    ['id,y', ...Array.from(y, (value, i) => `row ${i},${value}`)].join('\n'),
  );
  const array = hostArray({ shape: x.shape, dtype: 'float64', data: Float64Array.from(x.data) });
  await writeFile(join(cwd, 'x.npy'), writeNpy(array));
  await writeFile(join(cwd, 'x.safetensors'), writeSafetensors({ x: array }));
  const texts: string[] = [];
  for (const features of ['x.npy', 'x.safetensors']) {
    const out = `${features}.model`;
    const { code } = await call('pretrain', ['y.csv'], { labels: 'y', features, out });
    expect(code).toBe(0);
    texts.push((await call('transform', [features], { model: out, rank: '1' })).text);
  }
  expect(texts[0]!.split('\n')).toHaveLength(402);
  const numbers = (text: string): number[] => text.trim().split('\n').slice(1).map(Number);
  // The one direction orders the rows as the hidden feature does, up to its sign.
  const z = Array.from({ length: 400 }, (_, i) =>
    problem.projection.data.reduce((sum, p, k) => sum + p * x.data[4 * i + k]!, 0),
  );
  const found = numbers(texts[0]!);
  const correlation =
    z.reduce((sum, value, i) => sum + value * found[i]!, 0) / Math.hypot(...z) / Math.hypot(...found);
  expect(Math.abs(correlation)).toBeGreaterThan(0.95);
  expect(numbers(texts[1]!)).toEqual(found);
  await expect(call('pretrain', ['y.csv'], { labels: 'y', features: 'y.csv' })).rejects.toThrow(/npy/);
});
