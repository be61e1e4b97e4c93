import { expect, test } from 'vitest';
import { fromRows } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import { activeNeurons, sparseOutput, sparsifyTwoLayer, twoLayerValues } from '../../src';
import { gaussianMatrix, gaussianVector } from '../support/draw';

// By hand: the longest column is (2, 1); of (1, 0) and (1, 1) it leaves a squared length of 1/5, of (0, 1) 4/5, which is
// next. c4 (2, 1) + c3 (0, 1) = (4, 3) gives c4 = 2, c3 = 1.
test('U12: two samples need two neurons', () => {
  const features = fromRows([
    [1, 1, 0, 2],
    [0, 1, 1, 1],
  ]);
  const sparse = sparseOutput(features, Float64Array.of(1, 1, 1, 1));
  expect(sparse).toBeAllclose([0, 0, 1, 2], { rtol: 0, atol: 1e-10 });
  expect(sparse.filter((value) => value !== 0).length).toBe(2);
});

test('U12: a wide ReLU network keeps its values with as many neurons as samples', () => {
  const network = { hidden: gaussianMatrix(1, 12, 7), output: gaussianVector(2, 12) };
  const retained = gaussianMatrix(3, 5, 7);
  const sparse = sparsifyTwoLayer(network, retained);
  const close = { rtol: 0, atol: 1e-8 };
  expect(activeNeurons(network)).toBe(12);
  expect(activeNeurons(sparse)).toBeLessThanOrEqual(5);
  expect(twoLayerValues(sparse, retained)).toBeAllclose(twoLayerValues(network, retained), close);
  const elsewhere = gaussianMatrix(4, 5, 7);
  const gap = twoLayerValues(sparse, elsewhere).map(
    (value, i) => value - twoLayerValues(network, elsewhere)[i]!,
  );
  expect(Math.max(...gap.map(Math.abs))).toBeGreaterThan(0.01);
  // Prop. 1: clearing the rows of neurons that are off changes nothing.
  const uncleared = { hidden: network.hidden, output: sparse.output };
  expect(twoLayerValues(sparse, elsewhere)).toBeAllclose(twoLayerValues(uncleared, elsewhere), {
    rtol: 0,
    atol: 1e-12,
  });
});
