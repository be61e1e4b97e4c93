import { describe, expect, test } from 'vitest';
import { isLabError } from '@lab/tensor-core/errors';
import {
  all,
  argmaxAt,
  argminAt,
  bounds,
  compileConstraints,
  equality,
  fixed,
  isFeasible,
  maxStep,
  mean,
  monotone,
  ohlc,
  peak,
  returns,
  total,
  totalReturn,
  type Constraint,
} from '../support/api';
import { project } from '../support/series';

function refusal(constraint: Constraint, shape: [number, number], batch?: number): string {
  try {
    compileConstraints(constraint, { shape, ...(batch === undefined ? {} : { batch }) });
  } catch (error) {
    if (isLabError(error) && error.code === 'infeasible') return error.message;
    throw error;
  }
  return 'accepted';
}

const four: [number, number] = [4, 1];

describe('sets that no series satisfies are refused when compiled, with the names of what contradicts', () => {
  test.each<[string, Constraint, [number, number], string[]]>([
    ['bounds upside down', bounds({ lower: 1, upper: 0 }), four, ['bounds']],
    [
      'bounds of two constraints',
      all(bounds({ lower: 1, name: 'floor' }), bounds({ upper: 0, name: 'ceiling' })),
      four,
      ['floor', 'ceiling'],
    ],
    ['inconsistent equalities', all(mean({ value: 1 }), total({ value: 3 })), four, ['mean', 'total']],
    [
      'dependent equalities of a matrix',
      equality(
        [
          [1, 1, 0, 0],
          [0, 0, 1, 1],
          [1, 1, 1, 1],
        ],
        [1, 1, 3],
        { name: 'sums' },
      ),
      four,
      ['sums'],
    ],
    ['a mean outside the bounds', all(mean({ value: 2 }), bounds({ upper: 1 })), four, ['mean', 'bounds']],
    [
      'a bar whose open is fixed above its high',
      all(
        ohlc(),
        fixed({ values: { 0: 2 }, channel: 0, name: 'open' }),
        fixed({ values: { 0: 1 }, channel: 1, name: 'high' }),
      ),
      [2, 4],
      ['ohlc', 'open', 'high'],
    ],
    [
      'an argmax beside a larger fixed value',
      all(argmaxAt({ at: 1, value: 2 }), fixed({ values: { 3: 2.5 } })),
      four,
      ['argmax', 'fixed'],
    ],
    [
      'an argmax without value, its own value fixed below another',
      all(argmaxAt({ at: 1 }), fixed({ values: { 1: 0, 3: 2.5 } })),
      four,
      ['argmax', 'fixed'],
    ],
    [
      'ramp too slow for its ends',
      all(maxStep({ value: 0.1 }), fixed({ values: { 0: 0, 3: 1 } })),
      four,
      ['maxStep', 'fixed'],
    ],
    [
      'increasing, with a fall',
      all(monotone(), fixed({ values: { 0: 1, 2: 0 } })),
      four,
      ['monotone', 'fixed'],
    ],
    [
      'a total return that the steps cannot reach from a positive start',
      all(returns({ lower: -0.1, upper: 0.1 }), totalReturn({ value: 1 }), bounds({ lower: 1 })),
      four,
      ['totalReturn', 'returns', 'bounds'],
    ],
  ])('%s', (_, constraint, shape, names) => {
    const message = refusal(constraint, shape);
    for (const name of names) expect(message).toContain(name);
    expect(message).not.toBe('accepted');
  });

  test('names only what takes part', () => {
    const message = refusal(
      all(mean({ value: 2 }), bounds({ upper: 1 }), argminAt({ at: 0 }), maxStep({ value: 10 })),
      four,
    );
    expect(message).not.toContain('maxStep');
    expect(message).not.toContain('argmin');
  });

  test('one bad sample of a batch is found and numbered', () => {
    const message = refusal(all(mean({ value: [0, 0.5, 3] }), bounds({ lower: -1, upper: 1 })), four, 3);
    expect(message).toContain('mean');
    expect(message).toContain('"sample":2');
  });
});

test('what just fits is accepted and met: one point, a touching pair, redundant rows', () => {
  const corner = project(all(mean({ value: 1 }), bounds({ upper: 1 })), [0, 3, -2, 0.5]);
  expect(corner.report.status).toBe('converged');
  corner.z.forEach((value) => expect(value).toBeCloseTo(1, 9));
  const twice = project(all(mean({ value: 1 }), mean({ value: 1 }), total({ value: 4 })), [0, 3, -2, 0.5]);
  expect(twice.z.reduce((sum, value) => sum + value, 0)).toBeCloseTo(4, 12);
  const ramp = project(all(maxStep({ value: 1 / 3 }), fixed({ values: { 0: 0, 3: 1 } })), [5, 5, -5, 5]);
  ramp.z.forEach((value, t) => expect(value).toBeCloseTo(t / 3, 9));
});

test('without the check at compile time the projection itself says infeasible and names it', () => {
  const { report } = project(all(maxStep({ value: 0.1 }), fixed({ values: { 0: 0, 3: 1 } })), [0, 0, 0, 0], {
    checkFeasible: false,
  });
  expect(report.status).toBe('infeasible');
  expect(report.violated).toContain('maxStep');
  expect(report.residual[0]).toBeGreaterThan(0.1);
});

test('no constraint is the identity', () => {
  const x = [3, -1, 2];
  const { z, report, projector } = project(all(), x);
  expect(z).toEqual(x);
  expect(report).toMatchObject({ status: 'converged', violated: [] });
  expect(projector.count).toBe(0);
});

test('what is not a finite number is refused with its place, also in the parameters', () => {
  expect(() => project(mean({ value: 0 }), [1, NaN, 2])).toThrow(/"step":1/);
  expect(() => project(mean({ value: 0 }), [1, Infinity])).toThrow(/finite/);
  expect(() => mean({ value: NaN })).toThrow(/value/);
  expect(() => bounds({ lower: NaN })).toThrow(/lower/);
});

test('shapes, batches, channels and steps that do not fit are refused', () => {
  const projector = compileConstraints(mean({ value: [1, 2] }), { shape: [3, 1], batch: 2 });
  expect(() => projector.project({ shape: [1, 3, 1], data: new Float64Array(3) })).toThrow(/batch/);
  expect(() => projector.project({ shape: [2, 3], data: new Float64Array(6) })).toThrow(/length/);
  expect(() => compileConstraints(mean({ value: [1, 2] }), { shape: [3, 1] })).toThrow(/batch/);
  expect(() => compileConstraints(mean({ value: [1, 2] }), { shape: [3, 1], batch: 3 })).toThrow(/\[2\]/);
  expect(() => compileConstraints(mean({ value: 1, channel: 'close' }), { shape: [3, 1] })).toThrow(
    /channels/,
  );
  expect(() => compileConstraints(mean({ value: 1, channel: 2 }), { shape: [3, 2] })).toThrow(
    /no such channel/,
  );
  expect(() => compileConstraints(fixed({ values: { 3: 1 } }), { shape: [3, 1] })).toThrow(/no such step/);
  expect(() => compileConstraints(peak({ value: 1, at: -4 }), { shape: [3, 1] })).toThrow(/no such step/);
  expect(() => compileConstraints(all(), { shape: [0, 1] })).toThrow(/at least 1/);
});

test('check names each violated part of each sample', () => {
  const projector = compileConstraints(all(mean({ value: 0 }), bounds({ upper: 1 })), { shape: [2, 1] });
  const report = projector.check({ shape: [2, 2, 1], data: Float64Array.of(0, 0, 2, 3) });
  expect(report.feasible).toBe(false);
  expect(report.rate).toBe(0.5);
  expect(report.violations.map(({ sample, name }) => [sample, name])).toEqual([
    [1, 'bounds'],
    [1, 'mean'],
  ]);
  expect(report.violations[0]).toMatchObject({ greatest: 2, total: 3 });
  expect(Array.from(projector.violation({ shape: [2, 2, 1], data: Float64Array.of(0, 0, 2, 3) }))).toEqual([
    0, 5.5,
  ]);
});

test('isFeasible answers instead of throwing', () => {
  expect(isFeasible(mean({ value: 2 }), { shape: [4, 1] })).toEqual({ feasible: true });
  const no = isFeasible(all(mean({ value: 2 }), bounds({ upper: 1 })), { shape: [4, 1] });
  expect(no.feasible).toBe(false);
  expect(no.reason).toMatch(/mean and bounds|bounds and mean/);
  expect(() => isFeasible(mean({ value: 2, channel: 3 }), { shape: [4, 1] })).toThrow(/channel/);
});
