import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { isLabError } from '@lab/tensor-core/errors';
import { key, normal } from '@lab/tensor-core/random';
import '@lab/testing';
import { jamesStein } from '../src';

const row = (...numbers: number[]) => ({ shape: [1, numbers.length], data: Float64Array.from(numbers) });

// By hand: |x|^2 = 4, so the factor is 1 - (4 - 2) / 4 = 1/2; with variance 1/2 it is 3/4.
test('shrinks by the closed form', () => {
  expect(jamesStein(row(2, 0, 0, 0))).toBeAllclose([[1, 0, 0, 0]]);
  expect(jamesStein(row(2, 0, 0, 0), { variance: 0.5 })).toBeAllclose([[1.5, 0, 0, 0]]);
});

// For d = 2 the factor is 1: there is nothing to gain in two dimensions.
property.prop([
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.double({ min: 1, max: 1e3, noNaN: true }),
])('leaves two dimensions alone', (a, b) => {
  expect(jamesStein(row(a, b))).toBeAllclose([[a, b]]);
});

// At mean 0 the risk is exactly 2 in every dimension d >= 3 (James & Stein 1961); 4,000 draws of 10 numbers.
test('has risk 2 at mean 0', () => {
  const [draws, dimensions] = [4000, 10];
  const data = Float64Array.from(normal(key(0), draws * dimensions));
  const estimates = jamesStein({ shape: [draws, dimensions], data });
  const risk = estimates.data.reduce((sum, each) => sum + each ** 2, 0) / draws;
  expect(risk).toBeAllclose(2, { rtol: 0.1 });
});

test.each([
  ['a vector', () => jamesStein({ shape: [2], data: new Float64Array(2) }), 'shape'],
  ['a variance of 0', () => jamesStein(row(1, 2, 3), { variance: 0 }), 'argument'],
  ['NaN', () => jamesStein(row(1, Number.NaN, 3)), 'numeric'],
])('refuses %s', (_, run, code) => {
  try {
    run();
  } catch (error) {
    expect(isLabError(error) && error.code).toBe(code);
    return;
  }
  expect.unreachable('it was accepted');
});
