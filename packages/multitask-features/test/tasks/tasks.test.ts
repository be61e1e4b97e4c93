import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { matmul, transpose } from '@lab/tensor-core/linalg64';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import '@lab/testing';
import { drawInputs, hiddenFeatures, labelsOf, planted, tasks, type Task } from '../../src';

property.prop([fc.integer(), fc.integer({ min: 1, max: 5 })])(
  'balanced tables have as many +1 as -1',
  (seed, rank) => {
    const task = tasks.booleanSign(key(seed), { rank });
    let sum = 0;
    for (let s = 0; s < 2 ** rank; s++)
      sum += task.label(Array.from({ length: rank }, (_, i) => ((s >> i) & 1 ? 1 : -1)));
    expect(sum).toBe(0);
  },
);

property.prop([
  fc.integer(),
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
])('odd tasks are odd', (seed, z) => {
  const v = normal64(key(seed), 3);
  const task = tasks.odd((at) => Math.sin(v[0]! * at[0]!) + v[1]! * at[1]! ** 2 + v[2]! * at[2]! ** 3);
  const minus = z.map((value) => -value);
  const value = Math.sin(v[0]! * z[0]!) + v[2]! * z[2]! ** 3;
  fc.pre(Math.abs(value) > 1e-9);
  expect(task.label(minus)).toBe(-task.label(z));
  expect(task.label(z)).toBe(Math.sign(value));
});

test('parity is the product of signs, with sign(0) = 1', () => {
  expect(tasks.parity([0, 2]).label([-1, 5, -2])).toBe(1);
  expect(tasks.parity([0, 2]).label([-1, 5, 2])).toBe(-1);
  expect(tasks.parity([0]).label([0])).toBe(1);
  expect(() => tasks.parity([])).toThrow(/at least one/);
});

// Spec 4.2.7: first moments have closed forms; means of 200,000 draws.
test.each<[string, Task]>([
  ['sign of a direction', tasks.signLinear(key(1), { rank: 3 })],
  ['balanced table', tasks.booleanSign(key(2), { rank: 3 })],
  ['uniform table', tasks.booleanSign(key(3), { rank: 3, labels: 'uniform' })],
])('first moment of a %s', (_, task) => {
  const n = 200_000;
  const z = normal64(key(4), 3 * n);
  const moment = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const row = z.subarray(3 * i, 3 * i + 3);
    const y = task.label(row) / n;
    row.forEach((value, k) => (moment[k]! += y * value));
  }
  expect(moment).toBeAllclose(task.moment!, { atol: 0.01 });
});

test('a planted projection is orthonormal and labels depend on it alone', () => {
  const problem = planted(key(5), { dimensions: 9, rank: 2 });
  expect(matmul(transpose(problem.projection), problem.projection)).toBeAllclose(
    [
      [1, 0],
      [0, 1],
    ],
    { atol: 1e-12 },
  );
  const x = drawInputs(foldIn(key(5), 1), problem, 50);
  const z = hiddenFeatures(problem, x);
  const inside = matmul(z, transpose(problem.projection));
  const task = tasks.booleanSign(key(6), { rank: 2 });
  expect(labelsOf(problem, task, inside)).toEqual(labelsOf(problem, task, x));
  expect(() => planted(key(5), { dimensions: 2, rank: 3 })).toThrow(/rank/);
});
