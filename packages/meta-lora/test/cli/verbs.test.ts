import { beforeAll, expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import { expectNoLeak, testVerbs } from '@lab/testing';
import { commands } from '../../src/cli';
import { readTaskTable } from '../../src/cli/table';

const lab = testVerbs(commands);
beforeAll(() => engine());

/** y = (w + task's own direction) x: rows of one task, with its name where a column is wanted. */
function rows(task: number, count: number, name?: string): string[] {
  const x = normal64(foldIn(key(1), task), count * 3);
  const own = normal64(foldIn(key(2), task), 3);
  return Array.from({ length: count }, (_, i) => {
    const each = Array.from(x.subarray(3 * i, 3 * i + 3));
    const y = each.reduce((sum, value, c) => sum + value * ([1, -1, 2][c]! + own[c]!), 0);
    return [...(name === undefined ? [] : [name]), ...each, y].join(',');
  });
}

test('a base from many tasks, an adapter of a new one, and predictions', () =>
  expectNoLeak(async () => {
    const many = [0, 1, 2].flatMap((task) => rows(task, 40, `site ${task}`));
    await lab.write('many.csv', ['site,a,b,c,y', ...many].join('\n'));
    await lab.write('new.csv', ['a,b,c,y', ...rows(7, 40)].join('\n'));
    for (const method of ['standard', 'meta']) {
      const { code, stdout } = await lab.run('retrain', {
        arguments: ['many.csv'],
        options: {
          task: 'site',
          target: 'y',
          epochs: '20',
          hidden: '8',
          rate: '0.02',
          method,
        },
      });
      expect(code).toBe(0);
      expect(stdout).toMatch(/site 1: held-out error 0\.\d+ of the variance/);
    }
    const adapted = await lab.run('adapt', {
      arguments: ['new.csv'],
      options: { epochs: '60', rate: '0.02' },
    });
    const [, before, after] = /error ([\d.]+) of the variance before, ([\d.]+) after/.exec(adapted.stdout)!;
    expect(Number(after)).toBeLessThan(Number(before));
    const config = JSON.parse(await lab.read('adapter/adapter_config.json')) as object;
    expect(config).toMatchObject({ peft_type: 'LORA', r: 1, target_modules: ['layers.0', 'layers.1'] });

    const plain = await lab.run('predict', { arguments: ['new.csv'] });
    const own = await lab.run('predict', { arguments: ['new.csv'], options: { adapter: 'adapter' } });
    expect(plain.stdout.trim().split('\n')).toHaveLength(41);
    const truth = rows(7, 40).map((row) => Number(row.split(',').at(-1)));
    const errorOf = (text: string): number =>
      text
        .trim()
        .split('\n')
        .slice(1)
        .reduce((sum, value, i) => sum + (Number(value) - truth[i]!) ** 2, 0);
    expect(errorOf(own.stdout)).toBeLessThan(errorOf(plain.stdout));
  }));

test('mistakes are named', async () => {
  const read = (text: string) => readTaskTable(text, 't.csv', { task: 'site', targets: ['y'] });
  expect(() => read('site,a,y\ns,1,2\ns,x,1\n')).toThrow(/line 3, column a.*x/);
  expect(() => read('a,y\n1,2\n')).toThrow(/no column 'site'/);
  expect(() => read('site,y\ns,2\n')).toThrow(/no columns of features/);
  await lab.write('short.csv', 'site,a,y\ns,1,2\n');
  await expect(
    lab.run('retrain', { arguments: ['short.csv'], options: { task: 'site', target: 'y' } }),
  ).rejects.toThrow(/at least 5/);
  await expect(lab.run('adapt', { arguments: ['none.csv'], options: { base: 'nothing' } })).rejects.toThrow(
    /cannot be read/,
  );
  await expect(
    lab.run('retrain', {
      arguments: ['short.csv'],
      options: { task: 'site', target: 'y', method: 'reptile' },
    }),
  ).rejects.toThrow(/method.*reptile.*standard|method.*standard.*reptile/);
});
