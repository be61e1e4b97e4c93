import { beforeAll, expect, test } from 'vitest';
import { expectNoLeak, testVerbs } from '@lab/testing';
import { engine } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { commands } from '../../src/cli';
import type { UnlearnReport } from '../../src/cli/report';

const lab = testVerbs(commands);
beforeAll(() => engine());

/** Two clouds in ten dimensions, where single rows can be learnt by heart; the first ten rows carry the wrong label. */
function table(seed: number, rows: number, poisoned: number): string {
  const noise = normal(key(seed), rows * 10);
  const lines = Array.from({ length: rows }, (_, i) => {
    const label = i % 2;
    const cells = noise
      .subarray(10 * i, 10 * i + 10)
      .map((value, k) => (k === 0 ? value + 4 * label : value));
    return [100 + i, ...cells, i < poisoned ? 1 - label : label].join(',');
  });
  return [['id', ...Array.from({ length: 10 }, (_, k) => `x${k}`), 'label'].join(','), ...lines].join('\n');
}

test('poisoned rows are forgotten, and the report says by how much', async () => {
  await lab.write('train.csv', table(1, 100, 10));
  await lab.write('test.csv', table(2, 100, 0));
  await lab.write('ids.csv', ['id', ...Array.from({ length: 10 }, (_, i) => 100 + i)].join('\n'));
  const train = { target: 'label', id: 'id', width: '32', steps: '400' };
  expect((await lab.run('train', { arguments: ['train.csv'], options: train })).code).toBe(0);
  expect(
    (
      await lab.run('train', {
        arguments: ['train.csv'],
        options: { ...train, without: 'ids.csv', out: 'fresh/model.safetensors' },
      })
    ).code,
  ).toBe(0);
  const { code, stdout } = await expectNoLeak(() =>
    lab.run('forget', {
      arguments: ['train.csv'],
      options: {
        model: 'model.safetensors',
        forget: 'ids.csv',
        id: 'id',
        test: 'test.csv',
        retrained: 'fresh/model.safetensors',
        epochs: '60',
        'learning-rate': '0.005',
        report: 'report.json',
      },
    }),
  );
  expect(code).toBe(0);
  expect(stdout).toContain('minNormOG: 60 steps');
  const report = JSON.parse(await lab.read('report.json')) as UnlearnReport;
  // The trained model fits the wrong labels; retrained and unlearned ones contradict them.
  expect(report.before.forget!.accuracy).toBe(1);
  expect(report.retrained!.forget!.accuracy).toBeLessThan(0.3);
  expect(report.after.forget!.accuracy).toBeLessThan(0.5);
  expect(report.after.retain!.accuracy).toBeGreaterThan(0.95);
  expect(report.distance!.after.outputDistance).toBeLessThan(report.distance!.before.outputDistance);
  expect(report.membership!.after).toBeLessThan(report.membership!.before);
});

test.each([
  ['a row that is not there', { forget: 'none.csv' }, 'argument'],
  ['another method', { forget: 'ids.csv', method: 'magic' }, 'argument'],
  ['a model that is not there', { forget: 'ids.csv', model: 'other/x.safetensors' }, 'missing'],
])('refuses %s', async (_, options, code) => {
  await lab.write('none.csv', '99999');
  await expect(
    lab.run('forget', {
      arguments: ['train.csv'],
      options: { model: 'model.safetensors', id: 'id', ...options },
    }),
  ).rejects.toMatchObject({ code });
});
