import { expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import '@lab/testing';
import {
  accuracies,
  compareModels,
  forgetError,
  membershipAUC,
  paretoFront,
  sampleLosses,
  supError,
} from '../../src';

await engine();

test('U21: the three-colour error of a perfect colour classifier is 2/3, of one that only knows gray 0', () => {
  expect(forgetError([1, 1, 0, 0, 0, 0])).toBeAllclose(2 / 3, { rtol: 1e-12, atol: 0 });
  expect(forgetError([1, 1, 1])).toBe(0);
});

test('U21: the Pareto front', () => {
  const front = paretoFront([
    [0.9, 0.5],
    [0.8, 0.2],
    [0.7, 0.3],
    [0.95, 0.6],
  ]);
  expect(front).toEqual([
    [0.95, 0.6],
    [0.9, 0.5],
    [0.8, 0.2],
  ]);
});

// Pairs by hand: (1, 2), (1, 3), (2, 2), (2, 3) have the member lower, a tie counts half.
test('membership: the share of pairs in which the member has the lower loss', () => {
  expect(membershipAUC([1, 2], [2, 3])).toBe(3.5 / 4);
  expect(membershipAUC([0, 0], [1, 1])).toBe(1);
  expect(membershipAUC([1, 1], [0, 0])).toBe(0);
  expect(membershipAUC([1, 1], [1, 1])).toBe(0.5);
});

test('the greatest error, and NaN where there is one', () => {
  expect(supError([1, 2, 3], [1, 0, 2])).toBe(2);
  expect(supError([1, NaN], [1, 1])).toBeNaN();
});

const model = { apply: (logits: ReturnType<typeof tf.tensor2d>) => logits };

test('accuracy and losses of fixed logits', async () => {
  const logits = tf.tensor2d([
    [Math.log(3), 0],
    [0, Math.log(3)],
  ]);
  const data = { x: tf.zeros([2, 1]), y: tf.tensor1d([0, 0], 'int32') };
  expect(await accuracies(model, logits, data)).toEqual({ heads: [0.5], all: 0.5 });
  const losses = await sampleLosses(model, logits, { ...data, task: 'classification' });
  expect(losses).toBeAllclose([-Math.log(0.75), -Math.log(0.25)], { rtol: 1e-6, atol: 0 });
});

test('two models that differ in one of two classes agree on half of the inputs', async () => {
  const a = tf.tensor2d([
    [1, 0],
    [1, 0],
  ]);
  const b = tf.tensor2d([
    [1, 0],
    [0, 1],
  ]);
  const found = await compareModels(model, a, b, { x: tf.zeros([2, 1]), task: 'classification' });
  expect(found.agreement).toBe(0.5);
  expect(found.parameterDistance).toBeAllclose(Math.SQRT2, { rtol: 1e-6, atol: 0 });
  // softmax(1, 0) differs from softmax(0, 1) by tanh(1/2) in both entries of one of two rows.
  expect(found.outputDistance).toBeAllclose(Math.tanh(0.5) / Math.SQRT2, { rtol: 1e-6, atol: 0 });
});
