import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { foldIn, key } from '@lab/tensor-core/random';
import {
  drawInputs,
  labelsOf,
  momentSubspace,
  permutationRank,
  planted,
  pretrain,
  subspaceEnergy,
  tasks,
  type TaskSampler,
  type TaskStream,
} from '../../src';
import { rowsOf } from '../../src/data/samples';

const [dimensions, rank, count, n] = [12, 2, 6, 300];
const problem = planted(key(0), { dimensions, rank });
// Unbalanced on purpose: the mean label matters then.
const all = Array.from({ length: count }, (_, t) =>
  tasks.booleanSign(foldIn(key(1), t), { rank, labels: 'uniform' }),
);
const drawn = (t: number, phase: 'head' | 'gradient', round: number) => {
  const x = drawInputs(foldIn(foldIn(key(phase === 'head' ? 2 : 3), round), t), problem, n);
  return { x, y: labelsOf(problem, all[t]!, x) };
};

/** The same rows once whole, once in batches of unequal size, one of them unlabelled in part. */
function streamOf(t: number, size: number): TaskStream {
  return {
    dimensions,
    name: `task ${t}`,
    async *batches(phase, round) {
      const { x, y } = drawn(t, phase, round);
      for (let from = 0; from < n; from += size) {
        const to = Math.min(n, from + size);
        await Promise.resolve();
        yield { x: rowsOf(x, from, to), y: y.subarray(from, to) };
      }
      const extra = drawInputs(key(99), problem, 3);
      yield { x: extra, y: [Number.NaN, Number.NaN, Number.NaN] };
    },
  };
}

function samplerOf(t: number): TaskSampler {
  let calls = 0;
  return {
    dimensions,
    name: `task ${t}`,
    draw: () => drawn(t, calls++ % 2 === 0 ? 'head' : 'gradient', Math.ceil(calls / 2)),
  };
}

const indices = Array.from({ length: count }, (_, t) => t);

describe.each(['hinge', 'squared'] as const)('a stream, %s', (loss) => {
  test.each([1, 64, 1000])('of batches of %i rows is the table, in two rounds', async (size) => {
    const options = { key: key(4), width: 24, rounds: 2, loss, precision: 'float64' } as const;
    const streamed = await pretrain(
      indices.map((t) => streamOf(t, size)),
      options,
    );
    const whole = await pretrain(indices.map(samplerOf), options);
    expect(streamed.weights.data).toBeAllclose(whole.weights.data, { atol: 1e-10 });
    expect(streamed.cost.rows).toBe(whole.cost.rows);
    streamed.tasks.forEach((task, t) => {
      expect(task.signal).toBeCloseTo(whole.tasks[t]!.signal, 10);
      expect(task.leverage).toBeCloseTo(whole.tasks[t]!.leverage, 10);
    });
    // Of a stream it is the largest of the batches' percentiles.
    expect(streamed.rounds[0]!.outputScale).toBeGreaterThanOrEqual(whole.rounds[0]!.outputScale - 1e-12);
  });
});

test('a stream that ends too early, or whose rows have another width, is refused', async () => {
  const empty: TaskStream = { dimensions, batches: () => [] };
  await expect(pretrain([empty], { key: key(0) })).rejects.toThrow(/too few labelled rows/);
  const other: TaskStream = {
    dimensions,
    batches: () => [{ x: { shape: [1, 3], data: new Float64Array(3) }, y: [1] }],
  };
  await expect(pretrain([other], { key: key(0) })).rejects.toThrow(/another number of features/);
  await expect(pretrain([streamOf(0, 50)], { key: key(0), whiten: true })).rejects.toThrow(/not whitened/);
  expect(() => momentSubspace([streamOf(0, 50)], { key: key(0), rank: 2 })).toThrow(/no streams/);
  const model = await pretrain([streamOf(0, 50)], { key: key(0), width: 8 });
  await expect(permutationRank(model, { key: key(0), tasks: [streamOf(0, 50)] })).rejects.toThrow(
    /no rows to shuffle/,
  );
});

describe('other starts and weights', () => {
  const table = (t: number, rows: number) => {
    const x = drawInputs(foldIn(key(7), t), problem, rows);
    return { x, y: labelsOf(problem, tasks.signLinear(foldIn(key(8), t), { rank }), x) };
  };

  test('neurons in pairs: the network is 0 before the head step, and the features are found all the same', async () => {
    const sources = Array.from({ length: 12 }, (_, t) => table(t, 600));
    const paired = await pretrain(sources, { key: key(9), width: 40, symmetricInit: true });
    expect(subspaceEnergy(paired.weights, problem.projection)).toBeGreaterThan(0.9);
    await expect(pretrain(sources, { key: key(9), width: 41, symmetricInit: true })).rejects.toThrow(/even/);
  });

  test('weights by inverse variance are weights by the number of rows', async () => {
    const sources = [table(0, 200), table(1, 800)];
    const options = { key: key(10), width: 16, whiten: false, precision: 'float64' } as const;
    const inverse = await pretrain(sources, { ...options, inverseVariance: true });
    const byHand = await pretrain(
      sources.map((source) => ({ ...source, weight: source.y.length })),
      options,
    );
    expect(inverse.weights.data).toBeAllclose(byHand.weights.data, { atol: 1e-12 });
    const plain = await pretrain(sources, options);
    expect(plain.weights.data).not.toEqual(inverse.weights.data);
  });
});
