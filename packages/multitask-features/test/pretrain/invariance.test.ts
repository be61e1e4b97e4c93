import { beforeAll, describe, expect, test } from 'vitest';
import { engine } from '@lab/tensor-core';
import { matmul, qr, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key, split } from '@lab/tensor-core/random';
import '@lab/testing';
import {
  headStep,
  normalizeMean,
  pretrain,
  representationStep,
  type LossName,
  type Precision,
} from '../../src';
import { column, coins, gaussian, matrix, relativeDifference } from '../support/matrices';

beforeAll(async () => {
  await engine();
});

const [m, n, d, count] = [12, 60, 6, 4];
const [a, b, c] = split(key(11), 3);
const weights = gaussian(a!, m, d);
const rows = gaussian(b!, n, d);
const labels = coins(c!, n, count);

interface Given {
  readonly weights?: Array64;
  readonly x?: Array64;
  readonly tasks?: readonly number[];
  readonly loss?: LossName;
  readonly etaHead?: number;
  readonly precision?: Precision;
}

/** Both steps by hand on fixed samples. */
async function update({ tasks = [0, 1, 2, 3], x = rows, ...given }: Given = {}): Promise<Array64> {
  const options = {
    loss: given.loss ?? 'hinge',
    etaHead: given.etaHead ?? 0.01,
    precision: given.precision ?? 'float64',
  } as const;
  const w = given.weights ?? weights;
  const all = [];
  for (const t of tasks) {
    const task = { x, y: column(labels, t) };
    all.push({ ...task, ...(await headStep(w, task, options)) });
  }
  return await representationStep(w, all, options);
}

// Spec C12: labels do not move with x, so W+ turns as x does.
test('a rotation of the inputs rotates the weights', async () => {
  const { q } = qr(gaussian(key(3), d, d));
  const turned = await update({ weights: matmul(weights, transpose(q)), x: matmul(rows, transpose(q)) });
  expect(relativeDifference(turned, matmul(await update(), transpose(q)))).toBeLessThan(1e-12);
});

// Spec C13.
describe('invariances', () => {
  test('the order of tasks does not matter, nor whether all come twice', async () => {
    const once = await update();
    expect(relativeDifference(await update({ tasks: [2, 0, 3, 1] }), once)).toBeLessThan(1e-12);
    expect(relativeDifference(await update({ tasks: [0, 1, 2, 3, 0, 1, 2, 3] }), once)).toBeLessThan(1e-12);
  });

  test('neurons are permuted with their weights', async () => {
    const order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7, 11, 10];
    const permuted = (w: Array64): Array64 =>
      matrix(...order.map((j) => Array.from(w.data.subarray(j * d, (j + 1) * d))));
    expect(
      relativeDifference(await update({ weights: permuted(weights) }), permuted(await update())),
    ).toBeLessThan(1e-12);
  });

  // W0 -> 2 W0 doubles activations and so heads; normalised, nothing changes.
  test('the scale of the start is divided out', async () => {
    const doubled = { ...weights, data: weights.data.map((value) => 2 * value) };
    const scaled = normalizeMean(await update({ weights: doubled, loss: 'correlation' }));
    expect(scaled.weights).toBeAllclose(normalizeMean(await update({ loss: 'correlation' })).weights, {
      rtol: 1e-12,
    });
  });
});

// The two ways to compute are independent of each other: plain loops and the engine's matrix products.
test('single precision on the engine equals float64', async () => {
  expect(relativeDifference(await update({ precision: 'float32' }), await update())).toBeLessThan(1e-5);
});

test('the engine in chunks equals float64 in one piece', async () => {
  const many = 9000;
  const x = gaussian(foldIn(key(1), 0), many, 3);
  const task = { x, y: column(coins(foldIn(key(1), 1), many, 1), 0) };
  const w = gaussian(foldIn(key(1), 2), 5, 3);
  const heads = await Promise.all(
    (['float32', 'float64'] as const).map((precision) => headStep(w, task, { precision })),
  );
  expect(heads[0]!.head).toBeAllclose(heads[1]!.head, { rtol: 1e-4, atol: 1e-7 });
});

// (n a - y_i relu_i) / (n - 1) by hand: leaving each sample out of its own head, one after another.
test('the U-statistic leaves out pairs of a sample with itself', async () => {
  const y = column(labels, 0);
  const model = await pretrain([{ x: rows, y }], {
    key: key(2),
    width: 4,
    loss: 'correlation',
    whiten: false,
    precision: 'float64',
    centerLabels: false,
  });
  const same = await pretrain([{ x: rows, y }], {
    key: key(2),
    width: 4,
    loss: 'correlation',
    whiten: false,
    precision: 'float64',
    centerLabels: false,
    split: 'same',
  });
  const { pseudoContrastiveStep } = await import('../../src');
  const { gaussianWeights } = await import('../../src/pretrain/initial-weights');
  const { stream } = await import('../../src/pretrain/streams');
  const start = gaussianWeights(stream(key(2), 'weights'), { width: 4, dimensions: d });
  const table = { x: rows, labels: { shape: [n, 1], data: y } };
  for (const [found, excludeDiagonal] of [
    [model, true],
    [same, false],
  ] as const) {
    const { gradient } = pseudoContrastiveStep(start, table, { excludeDiagonal });
    const descent = { ...gradient, data: gradient.data.map((value) => -value) };
    expect(found.weights).toBeAllclose(normalizeMean(descent).weights, { rtol: 1e-9, atol: 1e-12 });
  }
});
