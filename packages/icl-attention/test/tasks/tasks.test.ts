import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { matmul, qr, transpose } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attentionRegressor,
  coordinateBasis,
  cosineTasks,
  drawPrompts,
  ellipsoid,
  fromData,
  gaussian,
  linearTasks,
  linearUnit,
  lowRankTasks,
  meanLoss,
  populationLoss,
  productSphere,
  quadraticTasks,
  reluTasks,
  softmaxUnit,
  spectrumOf,
  sphere,
  subspaceEnergy,
  subspaceError,
  type TaskFamily,
} from '../../src';
import { normals } from '../support/draw';

const families = [affineTasks, reluTasks, cosineTasks, quadraticTasks, linearTasks];
const setting = { covariates: sphere(3), context: 6, batch: 5, noise: 0 };

describe('families', () => {
  property.prop([
    fc.constantFrom(...families),
    fc.double({ min: 0.1, max: 5, noNaN: true }),
    fc.integer({ min: 0, max: 99 }),
  ])('are L-Lipschitz on the ball', (family, lipschitz, seed) => {
    const [profile] = family({ lipschitz }).profiles(key(seed), 1);
    for (let z = -1; z < 0.99; z += 0.05)
      expect(Math.abs(profile!(z + 0.01) - profile!(z))).toBeLessThanOrEqual(0.01 * lipschitz * (1 + 1e-9));
  });

  test.each(families)('have the power that their spectrum says', (family) => {
    const made = family({ lipschitz: 1.3 });
    const { targets } = drawPrompts(key(2), { ...setting, family: made, context: 1, batch: 20_000 });
    const square = targets.data.reduce((sum, each) => sum + each ** 2, 0) / 20_000;
    expect(square).toBeAllclose(spectrumOf(made, { dimension: 3, degrees: 4 }).total, { rtol: 0.03 });
  });
});

describe('prompts', () => {
  test("are the key's alone, and two noise levels see the same inputs", () => {
    const draw = (noise: number, family: TaskFamily = affineTasks({ lipschitz: 1 })) =>
      drawPrompts(key(5), { ...setting, family, noise });
    expect(draw(0.1)).toEqual(draw(0.1));
    expect(draw(0.1).x).toEqual(draw(0.7).x);
    expect(draw(0.1).x).toEqual(draw(0.1, reluTasks({ lipschitz: 1 })).x);
    const [clean, noisy] = [draw(0), draw(0.7)];
    const [one, two] = [draw(0.1), draw(0.2)];
    expect(noisy.y.data).not.toEqual(clean.y.data);
    expect(two.y.data.map((each, i) => each - clean.y.data[i]!)).toBeAllclose(
      one.y.data.map((each, i) => 2 * (each - clean.y.data[i]!)),
      { atol: 1e-12 },
    );
  });

  test('targets of a task without noise lie where its labels do', () => {
    const { x, y } = drawPrompts(key(5), { ...setting, family: quadraticTasks({ lipschitz: 2 }) });
    // (L/2) z^2 is at most 1, and x is on the sphere.
    expect(Math.max(...y.data)).toBeLessThanOrEqual(1 + 1e-9);
    for (let row = 0; row < 30; row++)
      expect(Math.hypot(...x.data.subarray(3 * row, 3 * row + 3))).toBeAllclose(1, { rtol: 1e-12 });
  });
});

describe('covariates', () => {
  test('product of spheres', () => {
    const points = productSphere({ dimension: 6, inner: 2 }).draw(key(0), 50);
    for (let row = 0; row < 50; row++) {
      expect(Math.hypot(...points.subarray(6 * row, 6 * row + 2))).toBeAllclose(1, { rtol: 1e-12 });
      expect(Math.hypot(...points.subarray(6 * row + 2, 6 * row + 6))).toBeAllclose(1, { rtol: 1e-12 });
    }
  });

  test('ellipsoid: second moment Sigma / d', () => {
    const factor = normals(1, 3, 3);
    const sigma = matmul(factor, transpose(factor));
    const data = ellipsoid(sigma).draw(key(0), 40_000);
    const moment = matmul(transpose({ shape: [40_000, 3], data }), { shape: [40_000, 3], data });
    expect(moment.data.map((each) => (3 * each) / 40_000)).toBeAllclose(sigma.data, {
      atol: 0.03 * Math.max(...sigma.data),
    });
  });

  test('rows of data, and Gaussian coordinates', () => {
    const rows = normals(1, 4, 2);
    const drawn = fromData(rows).draw(key(0), 100);
    const known = new Set(Array.from({ length: 4 }, (_, i) => rows.data.slice(2 * i, 2 * i + 2).join()));
    for (let i = 0; i < 100; i++) expect(known.has(drawn.slice(2 * i, 2 * i + 2).join())).toBe(true);
    const normal = gaussian(2).draw(key(0), 20_000);
    expect(normal.reduce((sum, each) => sum + each ** 2, 0) / 40_000).toBeAllclose(1, { rtol: 0.03 });
  });
});

describe('subspaces', () => {
  const basis = coordinateBasis(4, 2);

  test('error and energy of block matrices', () => {
    const block = (a: number, b: number) => ({
      shape: [4, 4],
      data: Float64Array.from([a, 0, 0, 0, 0, 2 * a, 0, 0, 0, 0, b, 0, 0, 0, 0, 0]),
    });
    expect(subspaceError(block(2, 1), basis)).toBeAllclose(0.5);
    expect(subspaceEnergy(block(2, 1), basis)).toBeAllclose(20 / 21);
    expect(subspaceError(block(2, 0), basis)).toBe(0);
  });

  property.prop([fc.integer({ min: 0, max: 500 })])('both are the same in turned coordinates', (seed) => {
    const rotation = qr(normals(seed, 4, 4)).q;
    const matrix = normals(seed + 1000, 4, 4);
    const turned = matmul(rotation, matmul(matrix, transpose(rotation)));
    const moved = matmul(rotation, basis);
    expect(subspaceError(turned, moved)).toBeAllclose(subspaceError(matrix, basis), { rtol: 1e-6 });
    expect(subspaceEnergy(turned, moved)).toBeAllclose(subspaceEnergy(matrix, basis), { rtol: 1e-8 });
  });

  test('low-rank tasks do not see the rest of x', () => {
    const directions = lowRankTasks(linearTasks({ lipschitz: 1 }), { basis }).directions(key(0), 20, 4);
    for (let t = 0; t < 20; t++) {
      expect(directions[4 * t + 2]).toBe(0);
      expect(Math.hypot(...directions.subarray(4 * t, 4 * t + 4))).toBeAllclose(1, { rtol: 1e-12 });
    }
  });
});

// Monte-Carlo against the closed form: delta-method error below 3 % (B7), linear attention (B12).
describe('losses are those of the theory', () => {
  const family = affineTasks({ lipschitz: 1 });
  test.each([
    [2, 0.026935],
    [4, 0.012466],
    [8, 0.012292],
  ])('softmax, 200 points, noise .5, w = %d (B7)', (window, expected) => {
    const prompts = drawPrompts(key(4), {
      family,
      covariates: sphere(3),
      context: 200,
      noise: 0.5,
      batch: 3000,
      queries: 6,
    });
    const { mean, error } = meanLoss(attentionRegressor(softmaxUnit({ window, dimension: 3 })), prompts);
    expect(Math.abs(mean - expected)).toBeLessThan(0.03 * expected + 3 * error);
    const spectrum = spectrumOf(family, { dimension: 3, degrees: 4 });
    expect(populationLoss(spectrum, window, { context: 200, noise: 0.5 })).toBeAllclose(expected, {
      rtol: 1e-4,
    });
  });

  test('linear attention, 50 points: best scale .78827 d, error .35686; M = 3 I is worse, .3642 (B12)', () => {
    const prompts = drawPrompts(key(6), {
      family,
      covariates: sphere(3),
      context: 50,
      noise: 0.3,
      batch: 12_000,
      queries: 4,
    });
    const loss = (scale: number) =>
      meanLoss(attentionRegressor(linearUnit({ scale, dimension: 3 })), prompts);
    const [best, whole] = [loss(3 * 0.78827), loss(3)];
    expect(Math.abs(best.mean - 0.35686)).toBeLessThan(4 * best.error);
    expect(Math.abs(whole.mean - 0.3642)).toBeLessThan(4 * whole.error);
    expect(whole.mean).toBeGreaterThan(best.mean);
  });
});

test.each([
  [
    'a skewed basis',
    () => lowRankTasks(linearTasks({ lipschitz: 1 }), { basis: normals(0, 4, 2) }),
    'argument',
  ],
  [
    'a negative noise',
    () => drawPrompts(key(0), { ...setting, family: linearTasks({ lipschitz: 1 }), noise: -1 }),
    'argument',
  ],
  [
    'an empty context',
    () => drawPrompts(key(0), { ...setting, family: linearTasks({ lipschitz: 1 }), context: 0 }),
    'argument',
  ],
  [
    'no prompts',
    () => drawPrompts(key(0), { ...setting, family: linearTasks({ lipschitz: 1 }), batch: 0 }),
    'argument',
  ],
  ['a negative constant', () => cosineTasks({ lipschitz: -1 }), 'argument'],
  ['an outer part without coordinates', () => productSphere({ dimension: 2, inner: 2 }), 'argument'],
  ['no rows', () => fromData({ shape: [0, 2], data: new Float64Array(0) }), 'shape'],
  [
    'the spectrum of low-rank tasks',
    () =>
      spectrumOf(lowRankTasks(linearTasks({ lipschitz: 1 }), { basis: coordinateBasis(3, 1) }), {
        dimension: 3,
      }),
    'unsupported',
  ],
  [
    'a basis of another dimension',
    () =>
      drawPrompts(key(0), {
        ...setting,
        family: lowRankTasks(linearTasks({ lipschitz: 1 }), { basis: coordinateBasis(4, 1) }),
      }),
    'shape',
  ],
])('refuses %s', (_, run, code) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});
