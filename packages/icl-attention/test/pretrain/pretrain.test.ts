import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { engine } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  coordinateBasis,
  cosineTasks,
  drawPrompts,
  inspectMatrix,
  linearAttentionLimit,
  linearTasks,
  lowRankTasks,
  meanLoss,
  optimalWindow,
  pretrainAttention,
  productSphere,
  reluTasks,
  spectrumOf,
  sphere,
  subspaceEnergy,
  subspaceError,
  attentionRegressor,
  type Parameterization,
  type PretrainOptions,
} from '../../src';

beforeAll(async () => {
  await engine();
});

const setting = { covariates: sphere(3), context: 50, noise: 0.3, batch: 64, queries: 8 };
const affine = affineTasks({ lipschitz: 1 });

describe('what is learned is the window of the theory (B10)', () => {
  test.each([
    ['affine', affineTasks, 4.98, 0.06],
    ['relu', reluTasks, 5, 0.08],
  ] as const)('%s, 50 points', async (_, family, expected, tolerance) => {
    const { window, anisotropy, losses } = await expectNoLeak(() =>
      pretrainAttention({ ...setting, family: family({ lipschitz: 1 }), key: key(1) }),
    );
    expect(Math.abs(window / expected - 1)).toBeLessThan(tolerance);
    expect(anisotropy).toBeLessThan(0.05);
    expect(losses).toHaveLength(300);
    const theory = optimalWindow(spectrumOf(family({ lipschitz: 1 }), { dimension: 3 }), setting);
    expect(Math.abs(theory.window / expected - 1)).toBeLessThan(0.02);
  });

  // Lambda = n L^2 / sigma^2 is 555.6 in all three.
  test('only Lambda matters (B11): twice the context at 1/sqrt 2 of the constant', async () => {
    const one = await pretrainAttention({ ...setting, family: affine, key: key(1) });
    const other = await pretrainAttention({
      ...setting,
      context: 100,
      family: affineTasks({ lipschitz: Math.SQRT1_2 }),
      key: key(2),
    });
    expect(Math.abs(one.window / other.window - 1)).toBeLessThan(0.05);
  });

  test.each<Parameterization>(['symmetric', 'diagonal', 'scalar', 'factored'])(
    'whatever the parameters: %s',
    async (parameterization) => {
      const { window } = await pretrainAttention({
        ...setting,
        family: affine,
        key: key(1),
        parameterization,
        steps: 200,
        learningRate: parameterization === 'scalar' || parameterization === 'factored' ? 0.1 : 1,
      });
      expect(Math.abs(window / 4.98 - 1)).toBeLessThan(0.08);
    },
  );
});

// Affine: theory 2.811 and .3403. ReLU: c_1 = L^2/(6d), floor L^2/3 + L^2/(6d) = .3889.
test.each([
  ['affine', affineTasks, 0.3403],
  ['ReLU', reluTasks, 0.3889],
] as const)('linear attention, %s tasks, 200 points: at its limit (B12)', async (_, make, expected) => {
  const family = make({ lipschitz: 1 });
  const long = { ...setting, context: 200, family };
  const { unit, window } = await pretrainAttention({
    ...long,
    kind: 'linear',
    key: key(4),
    steps: 200,
    startWindow: 1,
    learningRate: 0.3,
    finalShare: 0.01,
  });
  const { scale, loss } = linearAttentionLimit(spectrumOf(family, { dimension: 3 }), long);
  expect(Math.abs(window / (3 * scale) - 1)).toBeLessThan(0.08);
  const { mean, error } = meanLoss(
    attentionRegressor(unit),
    drawPrompts(key(9), { ...long, batch: 3000, queries: 2 }),
  );
  expect(Math.abs(mean - expected)).toBeLessThan(0.01 + 3 * error);
  expect(Math.abs(mean - loss)).toBeLessThan(0.01 + 3 * error);
});

test('linear attention learns the best scaled identity, 50 points (B12)', async () => {
  const { unit, window, losses } = await pretrainAttention({
    ...setting,
    kind: 'linear',
    family: affine,
    key: key(3),
    startWindow: 1,
    learningRate: 0.3,
  });
  // 3 beta with beta = .78827; loss .35686.
  expect(Math.abs(window / 2.36481 - 1)).toBeLessThan(0.08);
  expect(losses.at(-1)).toBeGreaterThan(0.2);
  const fresh = drawPrompts(key(9), { ...setting, family: affine, batch: 4000 });
  const { mean, error } = meanLoss(attentionRegressor(unit), fresh);
  expect(Math.abs(mean - 0.35686)).toBeLessThan(0.01 + 3 * error);
});

test('the subspace of low-rank tasks is learned (B15)', async () => {
  const basis = coordinateBasis(6, 2);
  const errors: number[] = [];
  const { unit } = await pretrainAttention({
    family: lowRankTasks(linearTasks({ lipschitz: 1 }), { basis }),
    covariates: productSphere({ dimension: 6, inner: 2 }),
    context: 50,
    noise: 0.1,
    key: key(0),
    batch: 64,
    queries: 8,
    steps: 400,
    startWindow: 3,
    inspectEvery: 100,
    onMatrix: ({ matrix }) => errors.push(subspaceError(matrix, basis)),
  });
  expect(errors).toHaveLength(4);
  expect(errors[0]).toBeLessThan(0.05);
  expect(errors.at(-1)).toBeLessThan(0.02);
  expect(subspaceEnergy(unit.matrix, basis)).toBeGreaterThan(0.99);
});

describe('a run', () => {
  const short: PretrainOptions = {
    ...setting,
    context: 8,
    batch: 4,
    family: cosineTasks({ lipschitz: 2 }),
    key: key(0),
    steps: 3,
  };

  test("is the key's alone, on both engines", async () => {
    const eager = await pretrainAttention({ ...short, engine: 'eager' });
    expect(await pretrainAttention({ ...short, engine: 'eager' })).toMatchObject({
      losses: eager.losses,
      window: eager.window,
    });
    const compiled = await pretrainAttention({ ...short, engine: 'compiled' });
    expect(compiled.engine).toBe('compiled');
    expect(compiled.losses).toBeAllclose(eager.losses, { rtol: 1e-5 });
    expect((await pretrainAttention({ ...short, key: key(1) })).window).not.toBe(eager.window);
  });

  test('takes every kernel, with the query attended or not', async () => {
    const rbf = await pretrainAttention({ ...short, kernel: 'rbf', includeQuery: true });
    expect(rbf.unit).toMatchObject({ kernel: 'rbf', includeQuery: true, kind: 'softmax' });
  });

  test.each([
    ['steps', { steps: 0 }],
    ['batch', { batch: 0 }],
    ['startWindow', { startWindow: 0 }],
    ['learningRate', { learningRate: NaN }],
    ['finalShare', { finalShare: 0 }],
    ['noise', { noise: -1 }],
    ['parameterization', { parameterization: 'odd' as Parameterization }],
  ])('refuses bad %s', async (argument, bad) => {
    await expectNoLeak(() =>
      expect(pretrainAttention({ ...short, ...bad })).rejects.toMatchObject({
        code: 'argument',
        details: { argument },
      }),
    );
  });
});

test('a matrix is inspected by hand', () => {
  // w = 3, deviations +-1 on the diagonal and 1 off it: sqrt(3 / 2) / 3.
  const report = inspectMatrix({ shape: [2, 2], data: Float64Array.of(2, 1, 0, 4) });
  expect(report.window).toBe(3);
  expect(report.anisotropy).toBeAllclose(Math.sqrt(3 / 2) / 3, { rtol: 1e-12 });
});
