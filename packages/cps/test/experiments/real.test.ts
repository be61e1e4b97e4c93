import { engine } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { seriesOf } from '@lab/datasets';
import { loadSp500 } from '@lab/datasets/node';
import { expectNoLeak } from '@lab/testing';
import { runExperiment } from '@lab/experiment';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileConstraints } from '../../src';
import { blockWindows } from '../../src/experiments/real/blocks';
import { claimsOf } from '../../src/experiments/real/claims';
import { compareOn } from '../../src/experiments/real/compare';
import { artifactsOf, figuresOf } from '../../src/experiments/real/figures';
import { hourlyTask } from '../../src/experiments/real/hourly-task';
import { real } from '../../src/experiments/real/real';
import { stockTask } from '../../src/experiments/real/stock-task';
import { tablesOf } from '../../src/experiments/real/tables';
import { drawRows } from '../../src/experiments/real/task';
import { count } from '../../src/experiments/count/count';

beforeAll(() => engine());

/** An hourly rhythm with a trend, two channels, sixteen weeks: eight blocks of two. */
function hours(rows = 2688) {
  const values = Float64Array.from({ length: rows * 2 }, (_, i) => {
    const t = i >> 1;
    return 10 + (i % 2) + 4 * Math.sin((2 * Math.PI * t) / 24) + Math.sin(t * 1.7 + (i % 2)) + t * 1e-4;
  });
  const series = seriesOf(values, { channels: ['a', 'b'] });
  return { ...series, id: 'hours', title: 'Hours', licence: 'none', source: 'here', checksum: '', notes: [] };
}

describe('held-out windows', () => {
  test('share no row with training windows, nor sources with fresh ones', () => {
    const series = seriesOf(
      Float64Array.from({ length: 1000 }, (_, t) => t),
      { channels: ['row'] },
    );
    const {
      train,
      test: source,
      fresh,
    } = blockWindows(series, {
      block: 50,
      every: 4,
      train: { length: 20, stride: 3 },
      test: { length: 20, stride: 5 },
    });
    const rows = ({ values }: { values: Float64Array }) => new Set(values);
    const overlap = (a: Set<number>, b: Set<number>) => [...a].filter((each) => b.has(each));
    expect(overlap(rows(train), rows(source))).toEqual([]);
    expect(overlap(rows(train), rows(fresh))).toEqual([]);
    expect(overlap(rows(source), rows(fresh))).toEqual([]);
    // 20 blocks: 15 for training with 11 windows each, 3 and 2 held out with 7 each.
    expect([train.count, source.count, fresh.count]).toEqual([165, 21, 14]);
  });

  test('are drawn without replacement', () => {
    const rows = drawRows(key(1), { shape: [40, 2], data: new Float64Array(80) }, 15);
    expect(new Set(rows).size).toBe(15);
    expect(drawRows(key(1), { shape: [4, 2], data: new Float64Array(8) }, 15)).toEqual(
      Int32Array.of(0, 1, 2, 3),
    );
  });
});

describe('tasks', () => {
  test.each([
    ['price bars', async () => stockTask(await loadSp500(), { stride: 10 })],
    ['hourly values', async () => hourlyTask(hours(), { stride: 7, value: 'x' })],
  ])('%s: sources satisfy their own constraints, and the way back is exact', async (_, load) => {
    const task = await load();
    const [rows = 0, length = 0, width = 0] = task.test.shape;
    const projector = compileConstraints(task.constraints(task.testRaw), {
      shape: [length, width],
      batch: rows,
      channels: task.channels,
      scale: task.scale,
    });
    expect(projector.count).toBeGreaterThanOrEqual(97);
    expect(Math.max(...projector.violation(task.test))).toBeLessThan(1e-9);
    const back = task.toRaw(task.test);
    back.data.forEach((value, i) => expect(value).toBeCloseTo(task.testRaw.data[i]!, 9));
    const parameters = task.parameters(task.testRaw);
    expect(parameters.shape[0]).toBe(rows);
    expect(parameters.data.every((value) => Math.abs(value) < 30)).toBe(true);
    // Loss-DiffTime's rows read what they should off the model's coordinates: the same for raw and scaled.
    expect(task.rows.every((row) => row.length === length * width)).toBe(true);
  });
});

test('every method runs on a real task, is scored and reported, and nothing is left behind', async () => {
  const task = hourlyTask(hours(), { stride: 24, value: 'x' });
  await expectNoLeak(async () => {
    const progress: number[] = [];
    const result = await compareOn(
      task,
      {
        network: 'mlp',
        width: 16,
        trainingSteps: 12,
        series: 6,
        repeats: 2,
        methods: 'all',
        retrained: true,
        encoderSteps: 4,
      },
      {
        key: key(0),
        signal: new AbortController().signal,
        progress: (fraction) => progress.push(fraction),
      },
    );
    const { book, hard } = result;
    expect(book.methods).toEqual(
      expect.arrayContaining([
        'unconstrained',
        'post-hoc',
        'pdm',
        'cop',
        'cop-ft',
        'difftime',
        'loss-difftime',
        'cps',
      ]),
    );
    for (const name of hard) expect(Math.max(...book.values(name, 'worst')), name).toBeLessThan(1e-6);
    for (const name of book.methods)
      for (const score of ['ftsd', 'jftsd', 'fd', 'dtw', 'ssim', 'tstr', 'imputation'] as const)
        expect(book.values(name, score).every(Number.isFinite), `${score} of ${name}`).toBe(true);
    expect(book.mean('unconstrained', 'rate')).toBe(1);
    expect(
      progress.every((each, i) => each >= 0 && each <= 1 && (i === 0 || each >= progress[i - 1]! - 1e-9)),
    ).toBe(true);

    const claims = claimsOf([result]);
    expect(claims.find(({ id }) => id === 'zero-violations')!.holds).toBe(true);
    expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
    expect(tablesOf([result])[0]!.rows.length).toBe(book.methods.length + 1);
    expect(figuresOf([result]).length).toBe(4);
    const [artifact] = artifactsOf([result]);
    expect(String(artifact!.content).split('\n').length).toBe(1 + 6 * 96 + 1);
  });
});

test('an abort during training frees everything and says so', async () => {
  const task = hourlyTask(hours(), { stride: 24, value: 'x' });
  await expectNoLeak(async () => {
    const controller = new AbortController();
    const run = compareOn(
      task,
      {
        network: 'mlp',
        width: 8,
        trainingSteps: 50,
        series: 4,
        repeats: 1,
        methods: 'few',
        retrained: false,
        encoderSteps: 2,
      },
      { key: key(0), signal: controller.signal, progress: () => controller.abort() },
    );
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
  });
});

test('the count experiment decides its claims by what it measures', async () => {
  const small = {
    ...count,
    scales: { ...count.scales, tour: { series: 60, repeats: 1, counts: [0, 8, 48] } },
  };
  const { status, claims, tables } = await runExperiment(small, { scale: 'tour' });
  expect(status).toBe('completed');
  // All 48 values given leave one series: the source itself, for every method.
  const all = tables[0]!.rows.filter(([stamps]) => stamps === 48);
  for (const [, , dtw] of all) expect((dtw as { mean: number }).mean).toBeLessThan(1e-6);
  expect(claims.map(({ id }) => id)).toEqual([
    'similarity-grows-with-constraints',
    'quality-survives-many-constraints',
  ]);
});

test('the real experiment names the data it reads', () => {
  expect(real.data).toEqual(['sp500', 'flight-traffic', 'google-stock', 'beijing-air', 'metro-traffic']);
});
