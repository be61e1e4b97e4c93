import { expect, test } from 'vitest';
import { array64, fromRows, matmul, type Array64 } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import {
  balancedFactors,
  minNormPredictor,
  minNormStep,
  predictorOf,
  unlearnLinear,
  unlearnLinearNetwork,
} from '../../src';
import { distance, gaussianMatrix, gaussianVector } from '../support/draw';

const inputs = fromRows([
  [1, 1, 0, 0],
  [0, 1, 1, 0],
]);
const theta = Float64Array.of(1, 2, 3, 4);
const targets = Float64Array.of(3, 5);
const exact = [1 / 3, 8 / 3, 7 / 3, 0];
const tight = { rtol: 0, atol: 1e-10 };
const squares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);

// By hand: the interpolator of least norm of x1 + x2 = 3, x2 + x3 = 5.
test('U1: one full step on a linear model is the least-norm interpolator', async () => {
  const found = await minNormStep(theta, inputs, { strength: 1 });
  expect(found).toBeAllclose(exact, tight);
  expect(squares(found)).toBeAllclose(38 / 3, tight);
  expect(await unlearnLinear(inputs, theta)).toBeAllclose(exact, tight);
  expect(minNormPredictor(inputs, targets)).toBeAllclose(exact, tight);
});

test.each([
  [1, [2 / 3, 7 / 3, 8 / 3, 2], 64 / 3],
  [3, [5 / 6, 13 / 6, 17 / 6, 3], 77 / 3],
])('U2: with a drift penalty of %d the closed form holds', async (lambda, expected, objective) => {
  const found = await minNormStep(theta, inputs, { lambda });
  const change = found.map((value, k) => value - theta[k]!);
  expect(found).toBeAllclose(expected, tight);
  expect(squares(found) + lambda * squares(change)).toBeAllclose(objective, tight);
  expect(matmul(inputs, { shape: [4, 1], data: change }).data).toBeAllclose([0, 0], tight);
});

// The ridge minimiser of the mean square on two rows: (X^T X / 2 + lambda I)^-1 X^T y / 2; values of the normal equations.
test('U5: ridge tends to the exact solution as its weight vanishes', () => {
  const solve = (lambda: number): Float64Array =>
    minNormPredictor(
      fromRows([
        [1, 1, 0, 0],
        [0, 1, 1, 0],
        ...[0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? Math.sqrt(2 * lambda) : 0))),
      ]),
      Float64Array.of(3, 5, 0, 0, 0, 0),
    );
  const loose = { rtol: 0, atol: 1e-5 };
  expect(solve(0.1)).toBeAllclose([0.416667, 2.5, 2.083333, 0], loose);
  expect(solve(1e-3)).toBeAllclose([0.334441, 2.66489, 2.330449, 0], loose);
  expect(distance(solve(1e-5), Float64Array.from(exact)) / 1e-5).toBeAllclose(3.57, { rtol: 1e-2, atol: 0 });
});

test('U9: a deep linear network becomes the least-norm predictor by its first layer alone', async () => {
  const network = {
    layers: [gaussianMatrix(1, 6, 8), gaussianMatrix(2, 5, 6)],
    output: gaussianVector(3, 5),
  };
  const retained = gaussianMatrix(4, 3, 8);
  const w = predictorOf(network);
  const y = matmul(retained, { shape: [8, 1], data: w }).data;
  const moved = await unlearnLinearNetwork(network, retained);
  expect(predictorOf(moved)).toBeAllclose(minNormPredictor(retained, y), tight);
  expect(moved.layers[1]).toBe(network.layers[1]);
  // The gradient of f by A_1 is u x^T, so the inner product with the change is u^T (change) x.
  const u = matmul({ shape: [1, 5], data: network.output }, network.layers[1]!);
  const change: Array64 = array64(
    [6, 8],
    moved.layers[0]!.data.map((value, at) => value - network.layers[0]!.data[at]!),
  );
  const along = matmul(matmul(u, change), array64([8, 3], transposed(retained)));
  expect(along.data).toBeAllclose([0, 0, 0], tight);
});

const transposed = ({ shape: [n = 0, m = 0], data }: Array64): Float64Array =>
  Float64Array.from({ length: n * m }, (_, at) => data[(at % n) * m + Math.floor(at / n)]!);

const identity3 = fromRows([
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
]);
const firstUnit = fromRows([[1, 0, 0]]);

test('U9: the concrete network', async () => {
  const moved = await unlearnLinearNetwork(
    { layers: [identity3], output: Float64Array.of(1, 1, 0) },
    firstUnit,
  );
  expect(predictorOf(moved)).toBeAllclose([1, 0, 0], tight);
  const change = moved.layers[0]!.data.map((value, at) => value - identity3.data[at]!);
  expect(change).toBeAllclose([0, -0.5, 0, 0, -0.5, 0, 0, 0, 0], tight);
  expect(Math.sqrt(squares(change))).toBeAllclose(Math.SQRT1_2, tight);
});

test('U9: a predictor that is zero stays', async () => {
  const network = { layers: [identity3], output: new Float64Array(3) };
  expect(await unlearnLinearNetwork(network, firstUnit)).toBe(network);
});

// D.4.1: the linearised constraint holds exactly, the network no longer fits.
test('U10: without the penalty on the other layers the relaxation is not enough', () => {
  const output = Float64Array.of(1, 1, 0);
  const changeOutput = Float64Array.of(0, 0, -1);
  const change = fromRows([
    [0, 0, 0],
    [0, -1, 0],
    [1, 0, -1],
  ]);
  const moved = {
    layers: [
      array64(
        [3, 3],
        identity3.data.map((value, at) => value + change.data[at]!),
      ),
    ],
    output: output.map((value, k) => value + changeOutput[k]!),
  };
  // f = c^T A e1: its derivative along the change is changeOutput^T A e1 + c^T change e1.
  const linear =
    changeOutput[0]! +
    output[0]! * change.data[0]! +
    output[1]! * change.data[3]! +
    output[2]! * change.data[6]!;
  expect(linear).toBe(0);
  expect(Array.from(predictorOf(moved))).toEqual([0, 0, 0]);
});

test.each([
  [2, 10],
  [3, 3 * 5 ** (2 / 3)],
])('U11: %d balanced layers of (3, 4) have the least squared norm', (layers, norm) => {
  const directions = [Float64Array.of(0.6, 0.8), Float64Array.of(0, 1, 0)].slice(0, layers - 1);
  const network = balancedFactors(Float64Array.of(3, 4), layers, directions);
  const total = network.layers.reduce((sum, { data }) => sum + squares(data), squares(network.output));
  expect(predictorOf(network)).toBeAllclose([3, 4], { rtol: 0, atol: 1e-9 });
  expect(total).toBeAllclose(norm, { rtol: 0, atol: 1e-9 });
  for (const [l, layer] of network.layers.entries()) {
    const next = network.layers[l + 1] ?? array64([1, network.output.length], network.output);
    const left = matmul(array64([next.shape[1]!, next.shape[0]!], transposed(next)), next);
    const right = matmul(layer, array64([layer.shape[1]!, layer.shape[0]!], transposed(layer)));
    expect(left.data).toBeAllclose(right.data, { rtol: 0, atol: 1e-9 });
  }
});

test('U11: the zero predictor has zero layers', () => {
  const network = balancedFactors(Float64Array.of(0, 0), 3);
  expect([...network.layers[0]!.data, ...network.layers[1]!.data, ...network.output]).toEqual([0, 0, 0, 0]);
});
