import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { isLabError } from '@lab/tensor-core/errors';
import { fromRows, matmul, svd, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { key, permutation } from '@lab/tensor-core/random';
import '@lab/testing';
import { minNormStep, projectOut, projectOutMatrixFree, rowsInMemory, type RowSource } from '../../src';
import { distance, dot, gaussianMatrix, gaussianVector } from '../support/draw';

const project = (theta: Float64Array, { data }: Array64) =>
  projectOut(theta, rowsInMemory(data, theta.length));
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const norm = (v: Float64Array): number => Math.sqrt(dot(v, v));

property.prop([seeds], { numRuns: 20 })('U6: idempotent, orthogonal, Pythagoras', async (seed) => {
  const [theta, rows] = [gaussianVector(seed, 200), gaussianMatrix(seed + 1, 20, 200)];
  const { perp, rank } = await project(theta, rows);
  const along = theta.map((value, k) => value - perp[k]!);
  expect(rank).toBe(20);
  expect((await project(perp, rows)).perp).toBeAllclose(perp, { rtol: 0, atol: 1e-9 });
  const products = matmul(rows, { shape: [200, 1], data: perp }).data;
  expect(norm(products)).toBeLessThanOrEqual(1e-9 * norm(rows.data) * norm(theta));
  expect(dot(perp, perp) + dot(along, along)).toBeAllclose(dot(theta, theta), { rtol: 1e-9, atol: 0 });
});

property.prop([seeds, fc.double({ min: 0, max: 100, noNaN: true })], { numRuns: 20 })(
  'U7: what the minimiser leaves lies in the row span',
  async (seed, lambda) => {
    const [theta, rows] = [gaussianVector(seed, 60), gaussianMatrix(seed + 1, 9, 60)];
    const found = await minNormStep(theta, rows, { lambda });
    const stationary = found.map((value, k) => value + lambda * (value - theta[k]!));
    // Independent of our projection: the right singular vectors span the rows.
    const { v } = svd(rows);
    const inside = matmul(v, matmul(transpose(v), { shape: [60, 1], data: stationary })).data;
    expect(distance(stationary, inside)).toBeLessThanOrEqual(1e-9 * (1 + lambda) * norm(theta));
  },
);

const g = [1, 2, 2, 0];
const theta = Float64Array.of(3, 0, 0, 4);

// By hand: theta - (g theta / |g|^2) g = (3,0,0,4) - (1,2,2,0) / 3.
test.each([
  ['one row', [g]],
  ['the row twice', [g, g]],
  ['a zero row beside it', [g, [0, 0, 0, 0]]],
  ['a multiple', [g, [1e-9, 2e-9, 2e-9, 0]]],
])('U8: %s', async (_, rows) => {
  const { perp, rank } = await project(theta, fromRows(rows));
  expect(rank).toBe(1);
  expect(perp).toBeAllclose([8 / 3, -2 / 3, -2 / 3, 4], { rtol: 0, atol: 1e-10 });
});

const nothing: [string, Array64][] = [
  ['no rows', { shape: [0, 4], data: new Float64Array(0) }],
  ['rows that are all zero', fromRows([[0, 0, 0, 0]])],
];

test.each(nothing)('%s leave everything orthogonal, where that is allowed', async (_, { data }) => {
  const { perp, rank } = await projectOut(theta, rowsInMemory(data, 4), { allowEmpty: true });
  expect(rank).toBe(0);
  expect(perp).toEqual(theta);
});

test('near-duplicates do not blow up: what is left stays orthogonal and short', async () => {
  const rows = fromRows([g, g.map((value, k) => value + 1e-8 * (k + 1))]);
  const { perp, rank } = await project(theta, rows);
  expect(rank).toBe(1);
  expect(norm(perp)).toBeLessThanOrEqual(norm(theta));
});

property.prop([seeds], { numRuns: 15 })(
  'U22: order, scale and repetition of rows change nothing',
  async (seed) => {
    const [vector, rows] = [gaussianVector(seed, 40), gaussianMatrix(seed + 1, 7, 40)];
    const plain = (await project(vector, rows)).perp;
    const each = (i: number, factor = 1): number[] =>
      Array.from(rows.data.subarray(i * 40, i * 40 + 40), (value) => factor * value);
    const order = [...permutation(key(seed), 7), 3];
    const changed = fromRows(order.map((i) => each(i, i === 2 ? 1e-7 : i === 5 ? 1e5 : 1)));
    expect((await project(vector, changed)).perp).toBeAllclose(plain, { rtol: 0, atol: 1e-8 });
  },
);

test('blocks within a memory limit give the same as all rows at once', async () => {
  const [vector, rows] = [gaussianVector(1, 50), gaussianMatrix(2, 11, 50)];
  let largest = 0;
  const watched: RowSource = {
    ...rowsInMemory(rows.data, 50),
    block: (from, to) => {
      largest = Math.max(largest, to - from);
      return rows.data.slice(from * 50, to * 50);
    },
  };
  const limited = await projectOut(vector, watched, { memoryLimit: 16 * 50 * 3 });
  expect(largest).toBe(3);
  expect(limited.perp).toBeAllclose((await project(vector, rows)).perp, { rtol: 0, atol: 1e-12 });
});

test('the matrix-free solver finds the same, also with dependent rows', async () => {
  const vector = gaussianVector(1, 80);
  const some = gaussianMatrix(2, 12, 80);
  const rows: Array64 = { shape: [24, 80], data: Float64Array.from([...some.data, ...some.data]) };
  const { perp, residual } = await projectOutMatrixFree(
    vector,
    {
      count: 24,
      size: 80,
      times: (v) => matmul(rows, { shape: [80, 1], data: v }).data,
      transposeTimes: (u) => matmul(transpose(rows), { shape: [24, 1], data: u }).data,
    },
    { tolerance: 1e-12 },
  );
  expect(residual).toBeLessThanOrEqual(1e-12);
  expect(perp).toBeAllclose((await project(vector, some)).perp, { rtol: 0, atol: 1e-9 });
});

const refused: [string, () => Promise<unknown>, string][] = [
  ...nothing.map(([name, rows]): [string, () => Promise<unknown>, string] => [
    name,
    () => project(theta, rows),
    'argument',
  ]),
  ['a parameter', () => project(Float64Array.of(1, NaN, 0, 0), fromRows([g])), 'numeric'],
  ['a gradient', () => project(theta, { shape: [1, 4], data: Float64Array.of(1, NaN, 0, 0) }), 'numeric'],
  [
    'a limit below two rows',
    () => projectOut(theta, rowsInMemory(Float64Array.from([...g, ...g]), 4), { memoryLimit: 50 }),
    'argument',
  ],
  ['a strength above 1', () => minNormStep(theta, fromRows([g]), { strength: 1.5 }), 'argument'],
];

test.each(refused)('refuses %s', async (_, run, code) => {
  const error: unknown = await run().catch((each: unknown) => each);
  expect(isLabError(error) && error.code).toBe(code);
});
