import { expect, test } from 'vitest';
import { foldIn, key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { pretrain, type PretrainOptions, type TaskSource } from '../../src';
import { coins, gaussian, relativeDifference } from '../support/matrices';

// Numbers of rows that are no multiple of what compiled tables are filled up to, one of them more than a chunk.
const tasks: TaskSource[] = [90, 301, 4500].map((n, t) => ({
  x: gaussian(foldIn(key(1), t), n, 6),
  y: coins(foldIn(key(2), t), n, 1).data,
}));
const run = (options: Partial<PretrainOptions>) =>
  expectNoLeak(() => pretrain(tasks, { key: key(3), width: 10, rounds: 2, whiten: false, ...options }));

test.each(['u-statistic', 'half'] as const)(
  'compiled, eager and float64 give the same weights (%s)',
  async (split) => {
    const compiled = await run({ split, engine: 'compiled' });
    const eager = await run({ split, engine: 'eager' });
    const exact = await run({ split, precision: 'float64' });
    expect([compiled, eager, exact].map(({ cost }) => cost.engine)).toEqual(['compiled', 'eager', 'float64']);
    expect(relativeDifference(compiled.weights, eager.weights)).toBeLessThan(1e-5);
    expect(relativeDifference(compiled.weights, exact.weights)).toBeLessThan(1e-4);
    expect(compiled.rounds[1]!.outputScale).toBeCloseTo(eager.rounds[1]!.outputScale, 5);
  },
);

test('few tasks are not compiled by themselves', async () => {
  expect((await run({})).cost.engine).toBe('eager');
});
