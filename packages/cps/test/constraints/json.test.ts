import { describe, expect, test } from 'vitest';
import {
  all,
  anyOf,
  argmaxAt,
  argminAt,
  autocorrelation,
  bounds,
  constraintFromJSON,
  custom,
  energy,
  equality,
  fixed,
  inequality,
  l1Ball,
  l2Ball,
  linear,
  maxCurvature,
  maxStep,
  mean,
  meanAbsoluteChange,
  monotone,
  ohlc,
  peak,
  returns,
  simplex,
  spectralAmplitude,
  std,
  sum,
  total,
  totalReturn,
  trough,
  volatility,
  type Constraint,
} from '../support/api';

const values: Constraint[] = [
  mean({ value: 1 }),
  mean({ lower: [1, 2], channel: 'close', name: 'level' }),
  total({ value: 2, channel: [0, 1] }),
  sum({ upper: 3 }),
  bounds({ lower: 0, upperCurve: [1, 2, 3] }),
  bounds({ lower: [0, 1], steps: [0, -1] }),
  fixed({ values: { 0: 1, '-1': [2, 3] }, channel: 1 }),
  argmaxAt({ at: [1, 2], value: 3, margin: 0.1 }),
  argminAt({ at: 0 }),
  peak({ value: 2 }),
  trough({ value: 2, at: 3 }),
  monotone({ direction: 'decreasing' }),
  maxStep({ value: 1 }),
  maxCurvature({ value: 1 }),
  returns({ lower: -0.1, upper: 0.1 }),
  totalReturn({ value: 0.05, from: 'open', channel: 'close' }),
  ohlc({ open: 'O', high: 1, low: 2, close: 3 }),
  simplex({ total: 2 }),
  l1Ball({ radius: 1 }),
  l2Ball({ radius: 1 }),
  energy({ upper: 4 }),
  linear([[1, 2]], { lower: [0], upper: [1] }),
  equality([[1, 0]], [[1], [2]]),
  inequality([[1, 0]], [1], { name: 'half-space' }),
  std({ value: 1 }),
  meanAbsoluteChange({ upper: 1 }),
  autocorrelation({ lag: 2, value: 0.5 }),
  volatility({ value: 0.2, periodsPerYear: 252 }),
  spectralAmplitude({ frequency: 3, lower: 1 }),
  all(mean({ value: 0 }), anyOf(bounds({ lower: 1 }), all(bounds({ upper: -1 })))),
];

test.each(values.map((value) => [value.name, value] as const))('%s survives JSON', (_, value) => {
  expect(constraintFromJSON(JSON.parse(JSON.stringify(value)))).toEqual(value);
});

test('values are frozen, so that a set means the same for ever', () => {
  for (const value of values) expect(Object.isFrozen(value)).toBe(true);
});

test('names say the kind and the channel unless given', () => {
  expect(mean({ value: 1, channel: 'close' }).name).toBe('mean(close)');
  expect(mean({ value: 1, name: 'level' }).name).toBe('level');
});

test('convexity is known of each value', () => {
  expect(all(mean({ value: 1 }), std({ upper: 1 }), l2Ball({ radius: 1 })).convex).toBe(true);
  for (const value of [
    std({ value: 1 }),
    peak({ value: 1 }),
    autocorrelation({ lag: 1, value: 0 }),
    values.at(-1)!,
  ])
    expect(all(mean({ value: 0 }), value).convex).toBe(false);
  expect(peak({ value: 1, at: 0 }).convex).toBe(true);
  expect(custom({ kind: 'inequality', value: () => 0 }).convex).toBe(false);
});

test('a list is all of its members, plain words are enough', () => {
  const set = constraintFromJSON([
    { kind: 'mean', value: 3.2, channel: 'close' },
    { kind: 'energy', upper: 9 },
    { kind: 'fixed', values: { '0': 1 } },
  ]);
  expect(set).toEqual(
    all(mean({ value: 3.2, channel: 'close' }), energy({ upper: 9 }), fixed({ values: { 0: 1 } })),
  );
});

describe('mistakes in a file are refused with their place', () => {
  test.each([
    [
      [
        { kind: 'mean', value: 1 },
        { kind: 'mean', vlaue: 1 },
      ],
      /1.*vlaue/,
    ],
    [[{ kind: 'median', value: 1 }], /0/],
    [{ kind: 'maxStep' }, /value/],
    [{ kind: 'all', constraints: [{ kind: 'mean', value: 'much' }] }, /constraints\.0\.value/],
    [{ kind: 'fixed', values: { first: 1 } }, /first/],
    [42, /constraints/],
    [{ kind: 'mean' }, /value/],
    [{ kind: 'autocorrelation', lag: 0, value: 0.5 }, /lag/],
  ])('%j', (json, message) => {
    expect(() => constraintFromJSON(json)).toThrow(message);
  });
});

test('options that contradict themselves are refused', () => {
  expect(() => mean({})).toThrow(/value/);
  expect(() => mean({ value: 1, lower: 0 })).toThrow(/either/);
  expect(() => bounds({})).toThrow(/lower/);
  expect(() => bounds({ lowerCurve: [1], steps: [0] })).toThrow(/steps/);
  expect(() => maxStep({ value: -1 })).toThrow(/at least 0/);
  expect(() => returns({})).toThrow(/lower/);
  expect(() => argmaxAt({ at: 0.5 })).toThrow(/whole/);
  expect(() => anyOf()).toThrow(/nothing/);
  expect(() => linear([[1, 2]], { upper: [1, 2] })).toThrow(/row/);
  expect(() => std({ value: -1 })).toThrow(/at least 0/);
  expect(() => volatility({ value: 1, periodsPerYear: 0 })).toThrow(/positive/);
  expect(() => fixed({ values: { a: 1 } })).toThrow(/step/);
  expect(() => mean({ value: [] })).toThrow(/sample/);
});
