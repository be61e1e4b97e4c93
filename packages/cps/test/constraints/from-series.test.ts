import { expect, test } from 'vitest';
import { compileConstraints, constraintsFrom, type Constraint } from '../support/api';
import { draws } from '../support/draw';

const draw = draws(31);
const [batch, length, channels] = [6, 20, 2] as const;
const series = {
  shape: [batch, length, channels],
  data: Float64Array.from({ length: batch * length * channels }, () => 5 + draw.normal()),
};

test('a real series satisfies the constraints that are taken from it, each its own and not the next one', () => {
  const set = constraintsFrom(series, {
    mean: true,
    stamps: [0, 7, -1],
    peaks: true,
    meanChange: true,
    std: true,
    lags: [1, 3],
    totalReturn: true,
  });
  const projector = compileConstraints(set, { shape: [length, channels], batch });
  const own = projector.check(series, { tolerance: 1e-9 });
  expect(own.violations).toEqual([]);
  const shifted = {
    ...series,
    data: new Float64Array([
      ...series.data.slice(length * channels),
      ...series.data.slice(0, length * channels),
    ]),
  };
  expect(projector.check(shifted).rate).toBe(1);
});

test('the values are those of the series', () => {
  const small = { shape: [2, 3, 1], data: Float64Array.of(1, 4, 1, 0, -3, 9) };
  const set = constraintsFrom(small, { mean: true, peaks: true, stamps: [2], meanChange: true });
  const by = (kind: string): any => set.constraints.find((c: Constraint) => c.kind === kind);
  expect(by('mean').value).toEqual([2, 2]);
  expect(by('argmax')).toMatchObject({ at: [1, 2], value: [4, 9] });
  expect(by('argmin')).toMatchObject({ at: [0, 1], value: [1, -3] });
  expect(by('fixed').values).toEqual({ 2: [1, 9] });
  expect(by('meanAbsoluteChange').value).toEqual([3, 7.5]);
});

test('positions alone leave the values free; channels can be chosen', () => {
  const set = constraintsFrom(series, { positions: true, channels: [1] });
  expect(set.constraints.map(({ name }) => name)).toEqual(['argmax(1)', 'argmin(1)']);
  expect(set.constraints.every((c) => !('value' in c))).toBe(true);
});

test('what is asked of series that do not have it is refused', () => {
  expect(() => constraintsFrom({ shape: [2, 3], data: new Float64Array(6) }, { mean: true })).toThrow(
    /batch/,
  );
  expect(() => constraintsFrom({ shape: [1, 2, 1], data: Float64Array.of(1, NaN) }, { mean: true })).toThrow(
    /gaps/,
  );
  expect(() => constraintsFrom({ shape: [1, 2, 1], data: Float64Array.of(1, 1) }, { lags: [1] })).toThrow(
    /constant/,
  );
  expect(() => constraintsFrom(series, { stamps: [length] })).toThrow(/no such step/);
});
