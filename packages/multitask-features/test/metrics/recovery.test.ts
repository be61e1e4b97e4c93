import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { matmul, qr } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import { directionConditioning, principalAngles, recoveryAngles, subspaceEnergy } from '../../src';
import { gaussian, matrix } from '../support/matrices';

// Spec C15.
test('angles of a plane turned by 0.3', () => {
  const one = matrix([1, 0], [0, 1], [0, 0]);
  const two = matrix([1, 0], [0, Math.cos(0.3)], [0, Math.sin(0.3)]);
  expect(principalAngles(one, two)).toBeAllclose([0, 0.3], { atol: 1e-12 });
  // Strong along e1, weak along the turned direction, nothing else: the span of the rows is what counts.
  const weights = matrix([3, 0, 0], [0, 0.1 * Math.cos(0.3), 0.1 * Math.sin(0.3)], [6, 0, 0]);
  expect(recoveryAngles(weights, one)).toBeAllclose([0, 0.3], { atol: 1e-12 });
});

test('energy is 1 inside, 0 outside, r / d for random weights', () => {
  const projection = matrix([1, 0], [0, 1], [0, 0], [0, 0]);
  expect(subspaceEnergy(matrix([1, 2, 0, 0], [0, -1, 0, 0]), projection)).toBe(1);
  expect(subspaceEnergy(matrix([0, 0, 1, 2]), projection)).toBe(0);
  const { q } = qr(gaussian(key(0), 20, 5));
  expect(subspaceEnergy(gaussian(key(1), 4000, 20), q)).toBeAllclose(0.25, { atol: 0.01 });
});

test('conditioning is the ratio of the strengths, and 0 when a direction is missing', () => {
  const projection = matrix([1, 0], [0, 1], [0, 0]);
  expect(directionConditioning(matrix([4, 0, 0], [0, 1, 9]), projection)).toBeAllclose(0.25);
  expect(directionConditioning(matrix([4, 0, 0]), projection)).toBe(0);
  expect(directionConditioning(matrix([4, 0, 0], [2, 0, 0]), projection)).toBeAllclose(0, { atol: 1e-12 });
});

property.prop([fc.integer()])('nothing changes when both are rotated', (seed) => {
  const { q } = qr(gaussian(key(seed), 6, 6));
  const projection = qr(gaussian(key(seed + 1), 6, 2)).q;
  const weights = gaussian(key(seed + 2), 9, 6);
  const turned = matmul(weights, { shape: [6, 6], data: transposed(q.data) });
  expect(subspaceEnergy(turned, matmul(q, projection))).toBeAllclose(subspaceEnergy(weights, projection), {
    rtol: 1e-9,
  });
  expect(recoveryAngles(turned, matmul(q, projection))).toBeAllclose(recoveryAngles(weights, projection), {
    atol: 1e-6,
  });
});

const transposed = (data: Float64Array): Float64Array =>
  data.map((_, i) => data[(i % 6) * 6 + Math.floor(i / 6)]!);

test('a projection that is not orthonormal is refused', () => {
  expect(() => subspaceEnergy(matrix([1, 0]), matrix([2], [0]))).toThrow(/not orthonormal.*qr/);
});
