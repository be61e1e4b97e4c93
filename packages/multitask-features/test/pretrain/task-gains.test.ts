import { expect, test } from 'vitest';
import { foldIn, key, uniform } from '@lab/tensor-core/random';
import { drawInputs, labelColumns, labelsOf, planted, taskGains, tasks, taskSampler } from '../../src';

const [dimensions, rank, n] = [10, 2, 1500];
const problem = planted(key(0), { dimensions, rank });
const x = drawInputs(key(1), problem, n);

/** Columns of labels over the same rows. */
function table(columns: readonly Float64Array[]) {
  const labels = new Float64Array(n * columns.length);
  columns.forEach((y, t) => y.forEach((value, i) => (labels[i * columns.length + t] = value)));
  return labelColumns(x, { shape: [n, columns.length], data: labels });
}

const along = (angle: number): Float64Array =>
  labelsOf(
    problem,
    tasks.custom((z) => Math.cos(angle) * z[0]! + Math.sin(angle) * z[1]!),
    x,
  );

test('the only task that shows a direction which another task needs has the greatest gain', async () => {
  // Three tasks see z_0, one sees z_1, and one lies between: without the fourth, z_1 is nearly lost.
  const gains = await taskGains(
    table([along(0), along(0.02), along(-0.02), along(Math.PI / 2), along(Math.PI / 4)]),
    {
      key: key(2),
      rank,
    },
  );
  expect(gains).toHaveLength(5);
  const best = gains.reduce((a, b) => (b.gain > a.gain ? b : a));
  expect(['3', '4']).toContain(best.name);
  for (const { name, gain } of gains)
    if (['0', '1', '2'].includes(name)) expect(Math.abs(gain)).toBeLessThan(0.03);
});

test('labels that depend on nothing give nothing', async () => {
  const noise = uniform(key(3), n).map((u) => (u < 0.5 ? -1 : 1));
  const gains = await taskGains(table([along(0), along(1), along(2), along(2.6), Float64Array.from(noise)]), {
    key: key(4),
    rank,
  });
  expect(Math.abs(gains[4]!.gain)).toBeLessThan(0.02);
});

test('refuses too few tasks, samplers, shares outside (0, 1), and stops when told to', async () => {
  const three = table([along(0), along(1), along(2)]);
  await expect(taskGains(three.slice(0, 2), { key: key(0), rank })).rejects.toThrow(/at least 3/);
  await expect(taskGains(three, { key: key(0), rank, heldOut: 1 })).rejects.toThrow(/share/);
  const sampler = taskSampler(problem, tasks.signLinear(foldIn(key(5), 0), { rank }));
  await expect(taskGains([...three, sampler], { key: key(0), rank })).rejects.toThrow(/no rows/);
  await expect(taskGains(three, { key: key(0), rank, signal: AbortSignal.abort() })).rejects.toThrow();
});
