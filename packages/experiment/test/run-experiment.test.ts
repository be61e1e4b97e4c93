import { LabError } from '@lab/tensor-core/errors';
import { foldIn, key, uniform } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import {
  claim,
  defineExperiment,
  repeat,
  runExperiment,
  type Experiment,
  type ExperimentOutput,
  type RunEngine,
} from '../src/index';

const empty: ExperimentOutput = { claims: [], tables: [], figures: [] };
const one = claim({
  id: 'one',
  statement: 'One',
  paper: 'none',
  measured: 1,
  criterion: 'is 1',
  holds: (x) => x === 1,
});

function experiment(run: Experiment<{ n: number }>['run']): Experiment<{ n: number }> {
  return defineExperiment({
    id: 'coin',
    paper: 'cps',
    title: 'A coin',
    summary: 'Is the coin fair?',
    data: ['drawn'],
    scales: { tour: { n: 1 }, quick: { n: 2 }, full: { n: 3 } },
    run,
  });
}

describe('runExperiment', () => {
  test('hands the run its scale and key and keeps what comes out', async () => {
    const result = await runExperiment(
      experiment(async ({ settings, key: own, seed, scale }) => ({
        ...empty,
        claims: [one],
        facts: { n: settings.n, first: uniform(own, 1)[0]!, seed, scale },
        artifacts: [{ name: 'a.csv', content: 'é' }],
      })),
      {
        scale: 'full',
        seed: 5,
        engineInfo: { name: 'wasm', version: '4.22.0' },
        packages: { '@lab/cps': '1.2.3' },
      },
    );
    expect(result.status).toBe('completed');
    expect(result.facts).toEqual({ n: 3, first: uniform(key(5), 1)[0], seed: 5, scale: 'full' });
    expect(result.claims).toEqual([one]);
    expect(result.artifacts).toEqual([{ name: 'a.csv', bytes: 2, content: 'é' }]);
    expect(result.command).toBe('npx lab run cps/coin --scale full --seed 5 --engine wasm');
    expect(result.environment.engine).toBe('wasm 4.22.0');
    expect(result.environment.packages['@lab/cps']).toBe('1.2.3');
    expect(result.environment.runtime).toBe(`Node ${process.version}`);
    // The process has some memory, and no machine here has a tebibyte.
    expect(result.peakMemory).toBeGreaterThan(1e7);
    expect(result.peakMemory).toBeLessThan(1e12);
  });

  const onEngine = async (engineInfo: RunEngine) => {
    const { command, environment } = await runExperiment(
      experiment(async () => empty),
      { engineInfo },
    );
    return [command.replace(/^.*--seed 0 /, ''), environment.execution];
  };

  test.each<[RunEngine, string, object | undefined]>([
    [{ name: 'wasm' }, '--engine wasm', undefined],
    [
      { name: 'wasm', execution: 'auto', compiled: { version: '1.30.0', threads: 2 } },
      '--engine wasm --threads 2',
      { choice: 'auto', compiler: 'onnxruntime-node 1.30.0', threads: 2 },
    ],
    [
      { name: 'wasm', execution: 'auto', compiled: { reason: 'not installed' } },
      '--engine wasm',
      { choice: 'auto' },
    ],
    [
      { name: 'wasm', execution: 'compiled', compiled: { version: '1.30.0', threads: 1 } },
      '--engine compiled --threads 1',
      { choice: 'compiled', compiler: 'onnxruntime-node 1.30.0', threads: 1 },
    ],
    [
      { name: 'wasm', execution: 'eager', compiled: { version: '1.30.0', threads: 2 } },
      '--engine eager',
      { choice: 'eager' },
    ],
  ])(
    'says how functions ran, and how to have them run so again: %j',
    async (engineInfo, flags, execution) => {
      expect(await onEngine(engineInfo)).toEqual([flags, execution]);
    },
  );

  test('an aborted run keeps what it had emitted', async () => {
    const controller = new AbortController();
    const result = await runExperiment(
      experiment(async (context) => {
        context.emit({ claims: [one] });
        controller.abort();
        await repeat(context, 3, () => 0);
        return empty;
      }),
      { signal: controller.signal },
    );
    expect(result.status).toBe('aborted');
    expect(result.claims).toEqual([one]);
    expect(result.error).toBeUndefined();
  });

  test('does not start when the signal was raised before', async () => {
    const run = experiment(() => Promise.reject(new Error('started')));
    expect((await runExperiment(run, { signal: AbortSignal.abort() })).status).toBe('aborted');
  });

  test('a failed run keeps its error and what it had emitted; what is returned stands over what was emitted', async () => {
    const failed = await runExperiment(
      experiment(async ({ emit }) => {
        emit({ claims: [one], facts: { a: 1 } });
        throw new LabError('numeric', 'the loss is NaN');
      }),
    );
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'numeric', message: 'the loss is NaN' },
      facts: { a: 1 },
    });
    const overwritten = await runExperiment(
      experiment(async ({ emit }) => {
        emit({ claims: [one], facts: { a: 1, b: 1 } });
        return { ...empty, claims: [{ ...one, holds: false }], facts: { a: 2 } };
      }),
    );
    expect(overwritten.claims).toEqual([{ ...one, holds: false }]);
    expect(overwritten.facts).toEqual({ a: 2, b: 1 });
  });

  test.each([
    [
      { tables: [{ id: 't', title: 'T', columns: ['a', 'b'], rows: [[1]] }] },
      /table 't': row 0 has not one cell a column/,
    ],
    [{ artifacts: [{ name: '../up.csv', content: '' }] }, /not a plain file name/],
    [{ claims: [{ ...one, id: 'Not a word' }] }, /claim's id is not lower-case/],
  ])('output that is malformed fails by name', async (part, message) => {
    const result = await runExperiment(experiment(async () => ({ ...empty, ...part })));
    expect(result.status).toBe('failed');
    expect(result.error?.message).toMatch(message);
  });

  test('progress rises within [0, 1]', async () => {
    const seen: number[] = [];
    await runExperiment(
      experiment(async ({ progress }) => {
        for (const fraction of [0.2, 0.1, NaN, 0.5, 7]) progress(fraction);
        return empty;
      }),
      { onProgress: (fraction) => seen.push(fraction) },
    );
    expect(seen).toEqual([0.2, 0.2, 0.2, 0.5, 1]);
  });

  test('refuses a scale and a seed that are none', async () => {
    const run = experiment(async () => empty);
    await expect(runExperiment(run, { scale: 'huge' as never })).rejects.toThrow(/no such scale/);
    await expect(runExperiment(run, { seed: 0.5 })).rejects.toThrow(/seed is not a whole number/);
  });
});

test('defineExperiment names the field that is wrong', () => {
  const good = experiment(async () => empty);
  expect(() => defineExperiment({ ...good, id: 'My Id' })).toThrow(/id is not valid/);
  expect(() => defineExperiment({ ...good, scales: { tour: { n: 1 } } as never })).toThrow(
    /scales.quick is not valid/,
  );
  expect(() => defineExperiment({ ...good, summary: ' ' })).toThrow(/summary is not valid/);
});

test('repeat folds the index into the key and shares out progress', async () => {
  const seen: number[] = [];
  const context = {
    key: key(3),
    signal: new AbortController().signal,
    progress: (fraction: number) => seen.push(fraction),
  };
  const keys = await repeat(context, 2, ({ key: own, progress }) => {
    progress(0.5);
    return own;
  });
  expect(keys).toEqual([foldIn(key(3), 0), foldIn(key(3), 1)]);
  expect(seen).toEqual([0, 0.25, 0.5, 0.75, 1]);
});
