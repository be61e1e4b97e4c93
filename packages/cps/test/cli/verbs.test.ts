import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { engine, tf } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { isLabError } from '@lab/tensor-core/errors';
import { testVerbs } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { commands } from '../../src/cli';

const lab = testVerbs(commands);

beforeAll(async () => {
  await engine();
  // A noisy daily rhythm around 100 with two channels, 400 rows.
  const noise = normal(key(1), 800);
  const rows = Array.from({ length: 400 }, (_, t) => {
    const wave = 100 + 10 * Math.sin((2 * Math.PI * t) / 12);
    return `${t},${wave + noise[2 * t]!},${5 + 0.5 * noise[2 * t + 1]!}`;
  });
  await lab.write('load.csv', `hour,load,wind\n${rows.join('\n')}\n`);
  await lab.write(
    'wishes.yaml',
    [
      '- { kind: mean, channel: load, value: 104 }',
      '- { kind: argmax, channel: load, at: 7, value: 125 }',
      '- { kind: bounds, channel: wind, lower: 4, upper: 6 }',
    ].join('\n'),
  );
});

const training = { columns: 'load,wind', length: '12', steps: '60', width: '32', batch: '16' };

describe('lab cps', () => {
  test('train, sample, check: what is sampled satisfies the file, and check says so', async () => {
    const tensors = tf.memory().numTensors;
    const trained = await lab.run('train', {
      arguments: ['load.csv'],
      options: { ...training, out: 'model' },
    });
    expect(trained.code).toBe(0);
    expect(trained.stdout).toContain('389 windows of 12 rows, 2 channels');
    const sampled = await lab.run('sample', {
      options: {
        model: 'model',
        constraints: 'wishes.yaml',
        count: '3',
        steps: '10',
        out: 'new.csv',
        certificate: 'new.json',
      },
    });
    expect(sampled.code).toBe(0);
    expect(tf.memory().numTensors).toBe(tensors);

    // Read without our reader: 3 series of 12 rows, their constraints computed by hand.
    const lines = (await lab.read('new.csv')).trim().split('\n');
    expect(lines[0]).toBe('series,step,load,wind');
    const rows = lines.slice(1).map((line) => line.split(',').map(Number));
    for (const series of [0, 1, 2]) {
      const load = rows.filter(([b]) => b === series).map((row) => row[2]!);
      const wind = rows.filter(([b]) => b === series).map((row) => row[3]!);
      expect(load).toHaveLength(12);
      expect(load.reduce((a, b) => a + b, 0) / 12).toBeCloseTo(104, 6);
      expect(Math.max(...load)).toBeCloseTo(125, 6);
      expect(load[7]).toBeCloseTo(125, 6);
      expect(Math.min(...wind)).toBeGreaterThanOrEqual(4 - 1e-6);
      expect(Math.max(...wind)).toBeLessThanOrEqual(6 + 1e-6);
    }
    const certificate = JSON.parse(await lab.read('new.json')) as {
      series: number;
      greatestViolation: number;
    };
    expect(certificate.series).toBe(3);
    expect(certificate.greatestViolation).toBeLessThan(1e-6);

    const checked = await lab.run('check', {
      arguments: ['new.csv'],
      options: { constraints: 'wishes.yaml' },
    });
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('all 3 series satisfy');

    await lab.write('tighter.yaml', '- { kind: bounds, channel: load, upper: 110, name: ceiling }\n');
    const broken = await lab.run('check', {
      arguments: ['new.csv'],
      options: { constraints: 'tighter.yaml', json: true },
    });
    expect(broken.code).toBe(1);
    const report = JSON.parse(broken.stdout) as { violated: { name: string; greatest: number }[] };
    expect(report.violated.map(({ name }) => name)).toEqual(['ceiling', 'ceiling', 'ceiling']);
    for (const { greatest } of report.violated) expect(greatest).toBeCloseTo(15, 5);
  });

  test('a training that was stopped ends with the weights of one that was not', async () => {
    const whole = lab.path('whole');
    const parts = lab.path('parts');
    await lab.run('train', { arguments: ['load.csv'], options: { ...training, out: whole } });
    const stop = new AbortController();
    const stopped = lab.run(
      'train',
      { arguments: ['load.csv'], options: { ...training, out: parts } },
      {
        signal: stop.signal,
        progress: (fraction) => {
          if (fraction > 0.4) stop.abort();
        },
      },
    );
    await expect(stopped).rejects.toSatisfy((error) => isLabError(error) && error.code === 'aborted');
    await lab.run('train', { arguments: ['load.csv'], options: { ...training, out: parts } });
    expect(await readFile(join(parts, 'model.safetensors'))).toEqual(
      await readFile(join(whole, 'model.safetensors')),
    );
  });

  test('--engine: compiled is eager up to rounding, and what is sampled satisfies the file', async () => {
    const losses: number[] = [];
    for (const choice of ['eager', 'compiled']) {
      const { stdout } = await lab.run('train', {
        arguments: ['load.csv'],
        options: { ...training, out: choice, engine: choice, threads: '1' },
      });
      losses.push(Number(/loss ([\d.]+)/.exec(stdout)![1]));
      const sampled = await lab.run('sample', {
        options: { model: choice, constraints: 'wishes.yaml', count: '2', steps: '20', engine: choice },
      });
      const csv = lab.path(`${choice}.csv`);
      await writeFile(csv, sampled.stdout);
      const checked = await lab.run('check', { arguments: [csv], options: { constraints: 'wishes.yaml' } });
      expect(checked.stdout).toContain('all 2 series satisfy');
    }
    await engine({ execution: 'auto' });
    expect(losses[1]).toBeCloseTo(losses[0]!, 3);
  });

  test('a folder of another run is refused', async () => {
    await lab.run('train', { arguments: ['load.csv'], options: { ...training, steps: '2', out: 'taken' } });
    await expect(
      lab.run('train', { arguments: ['load.csv'], options: { ...training, steps: '3', out: 'taken' } }),
    ).rejects.toThrow(/other settings/);
  });

  test('infeasible constraints name the pair', async () => {
    await lab.run('train', { arguments: ['load.csv'], options: { ...training, steps: '2', out: 'small' } });
    await lab.write(
      'clash.yaml',
      '- { kind: bounds, channel: load, upper: 90, name: ceiling }\n- { kind: mean, channel: load, value: 95, name: level }\n',
    );
    await expect(
      lab.run('sample', { options: { model: 'small', constraints: 'clash.yaml' } }),
    ).rejects.toSatisfy(
      (error) =>
        isLabError(error) &&
        error.code === 'infeasible' &&
        /ceiling/.test(error.message) &&
        /level/.test(error.message),
    );
  });

  test.each([
    ['--length', { length: '1000' }, /no window of 1000 rows/],
    ['--steps', { steps: 'many' }, /--steps is a whole number from 1/],
    ['--scaler', { scaler: 'log' }, /--scaler is one of standard/],
    ['--engine', { engine: 'fast' }, /--engine is one of auto, eager, compiled, wasm, cpu, node, node-gpu/],
    ['--threads', { threads: '0' }, /--threads is a whole number from 1/],
    ['--columns', { columns: 'load,sun' }, /sun/],
  ])('bad input %s is refused in a sentence', async (_, options, sentence) => {
    await expect(
      lab.run('train', { arguments: ['load.csv'], options: { ...training, out: 'never', ...options } }),
    ).rejects.toThrow(sentence);
  });
});
