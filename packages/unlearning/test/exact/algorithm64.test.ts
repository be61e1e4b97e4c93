import { expect, test } from 'vitest';
import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import { adamw64, minNormOG64, minNormStep, projectOut, rowsInMemory, sgd64, strengthAt } from '../../src';
import { distance } from '../support/draw';

// The net of spec 4: f(x) = c1 tanh(a1 x) + c2 tanh(a2 x), theta = (c1, c2, a1, a2), on x in {1, 2}.
const start = Float64Array.of(1, -0.5, 0.5, 2);
const xs = [1, 2];
const value = ([c1 = 0, c2 = 0, a1 = 0, a2 = 0]: Float64Array, x: number): number =>
  c1 * Math.tanh(a1 * x) + c2 * Math.tanh(a2 * x);
const gradients = ([c1 = 0, c2 = 0, a1 = 0, a2 = 0]: Float64Array): Array64 =>
  fromRows(
    xs.map((x) => [
      Math.tanh(a1 * x),
      Math.tanh(a2 * x),
      c1 * x * (1 - Math.tanh(a1 * x) ** 2),
      c2 * x * (1 - Math.tanh(a2 * x) ** 2),
    ]),
  );
const y = xs.map((x) => value(start, x));
const problem = {
  outputGradients: gradients,
  lossGradient: (theta: Float64Array): Float64Array => {
    const rows = gradients(theta).data;
    return Float64Array.from({ length: 4 }, (_, k) =>
      xs.reduce((sum, x, i) => sum + (value(theta, x) - y[i]!) * rows[i * 4 + k]!, 0),
    );
  },
};
const meanSquare = (theta: Float64Array): number =>
  xs.reduce((sum, x, i) => sum + (value(theta, x) - y[i]!) ** 2 / 2, 0);

test('U15: the output drifts with the square of the strength', async () => {
  const { perp } = await projectOut(start, rowsInMemory(gradients(start).data, 4));
  expect(perp).toBeAllclose([-0.2767952594, -0.2655501361, 0.5698151488, 1.8179642956], {
    rtol: 0,
    atol: 1e-8,
  });
  const drifts: number[] = [];
  for (const strength of [0.01, 0.02, 0.04]) {
    const moved = await minNormStep(start, gradients(start), { strength });
    drifts.push(Math.max(...xs.map((x, i) => Math.abs(value(moved, x) - y[i]!))));
  }
  // The published figures have six digits.
  expect(drifts).toBeAllclose([5.42836e-5, 2.18136e-4, 8.80523e-4], { rtol: 2e-6, atol: 0 });
});

// The values of an independent numpy program, spec 4.
test.each([
  [sgd64(0.1), [1.0842149695, -0.4855030636, 0.4127907835, 1.4692801218], 6.957e-5],
  [
    adamw64({ learningRate: 0.01, weightDecay: 0.01 }),
    [1.0944326809, -0.4801050466, 0.4108378577, 1.4730742456],
    9.338e-5,
  ],
])('U16: three epochs of the algorithm in float64 (%#)', async (optimizer, expected, loss) => {
  const found = await minNormOG64(start, problem, {
    epochs: 3,
    strength: 0.2,
    strengthDecay: 0.5,
    optimizer,
  });
  expect(found).toBeAllclose(expected, { rtol: 0, atol: 1e-7 });
  // The published figures have four digits.
  expect(meanSquare(found)).toBeAllclose(loss, { rtol: 1e-4, atol: 0 });
});

test('U20: AdamW by hand', () => {
  const step = adamw64({ learningRate: 1e-3 });
  const first = step(Float64Array.of(1), Float64Array.of(0.5));
  expect(first[0]).toBeAllclose(0.99899000002, { rtol: 0, atol: 1e-9 });
  expect(step(first, Float64Array.of(-0.25))[0]).toBeAllclose(0.9987136730771, { rtol: 0, atol: 1e-9 });
});

// The linear model of U1: with the same rows each time what is left shrinks by 1 - s at a time.
test.each([
  [0.3, 0.6, 0.460213, 0.433954],
  [0.1, 0.9, 0.65201, 0.357856],
])('U4: strength %d, decay %d leave the product of 1 - s', async (strength, decay, after5, limit) => {
  const rows = fromRows([
    [1, 1, 0, 0],
    [0, 1, 1, 0],
  ]);
  const exact = Float64Array.of(1 / 3, 8 / 3, 7 / 3, 0);
  const theta = Float64Array.of(1, 2, 3, 4);
  const after = async (epochs: number): Promise<number> => {
    const found = await minNormOG64(
      theta,
      { outputGradients: () => rows, lossGradient: () => new Float64Array(4) },
      { epochs, strength, strengthDecay: decay, optimizer: sgd64(0.1) },
    );
    return distance(found, exact) / distance(theta, exact);
  };
  expect(await after(5)).toBeAllclose(after5, { rtol: 0, atol: 1e-6 });
  expect(await after(200)).toBeAllclose(limit, { rtol: 0, atol: 1e-6 });
});

test("U3: the strength's recursion, and the same in lambda", () => {
  const strengths = [0, 1, 2, 3].map((index) => strengthAt(index, { strength: 0.3, decay: 0.6 }));
  expect(strengths).toBeAllclose([0.3, 0.18, 0.108, 0.0648], { rtol: 0, atol: 1e-9 });
  const lambdas = strengths.map((s) => 1 / s - 1);
  expect(lambdas).toBeAllclose([2.33333, 4.55556, 8.25926, 14.4321], { rtol: 0, atol: 1e-5 });
  expect(lambdas.slice(1)).toBeAllclose(
    lambdas.slice(0, 3).map((lambda) => (lambda + 1) / 0.6 - 1),
    { rtol: 0, atol: 1e-9 },
  );
});
