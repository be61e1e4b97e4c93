import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { inverse, matmul, qr, sqrtSymmetric, transpose } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attend,
  calibrate,
  drawPrompts,
  linearUnit,
  loadUnit,
  regress,
  rescaled,
  saveUnit,
  signalToNoise,
  softmaxUnit,
  sphere,
  varianceFactor,
  type Prompt,
} from '../../src';
import { cross, normals, promptAt } from '../support/draw';

const unit = softmaxUnit({ window: 2, dimension: 2 });

test('weights and prediction by hand (B1)', () => {
  const { weights, predictions, effectiveSampleSize, windowRadius } = attend(unit, cross);
  const p = [0.37830744, 0.56436838, 0.03431928, 0.0230049];
  expect(weights.data).toBeAllclose(p, { atol: 1e-8 });
  expect(predictions[0]).toBeAllclose(1.70202163, { atol: 1e-8 });
  expect(effectiveSampleSize[0]).toBeAllclose(1 / p.reduce((sum, each) => sum + each ** 2, 0), {
    rtol: 1e-6,
  });
  // Distances of (.6, .8) from the four points: sqrt(.8), sqrt(.4), sqrt(3.2), sqrt(3.6).
  const distances = [0.8, 0.4, 3.2, 3.6].map(Math.sqrt);
  expect(windowRadius[0]).toBeAllclose(
    p.reduce((sum, each, i) => sum + each * distances[i]!, 0),
    { rtol: 1e-6 },
  );
});

test('linear attention by hand (B1)', () => {
  expect(regress(linearUnit({ scale: 2, dimension: 2 }), cross)).toBeAllclose([-1.4], { atol: 1e-12 });
});

/** Ordinary prompts on the sphere. */
const prompts = drawPrompts(key(3), {
  family: affineTasks({ lipschitz: 1 }),
  covariates: sphere(3),
  batch: 4,
  context: 12,
  noise: 0.2,
  queries: 5,
});
const prompt = promptAt(prompts, 0);
const matrix = normals(7, 3, 3);

describe('Nadaraya-Watson (B2)', () => {
  const dot = softmaxUnit({ window: 6, dimension: 3 });
  const rbf = softmaxUnit({ window: 6, dimension: 3, kernel: 'rbf' });

  test('on the sphere, dot products and distances give the same attention', () => {
    expect(attend(dot, prompt).weights).toBeAllclose(attend(rbf, prompt).weights, { atol: 1e-12 });
  });

  test('and it is the Gaussian kernel of variance 1 / w', () => {
    const { x, queries, y } = prompt;
    const expected = Array.from({ length: 5 }, (_, q) => {
      let [sum, mass] = [0, 0];
      for (let i = 0; i < 12; i++) {
        let square = 0;
        for (let j = 0; j < 3; j++) square += (x.data[i * 3 + j]! - queries.data[q * 3 + j]!) ** 2;
        const kernel = Math.exp(-(6 / 2) * square);
        sum += kernel * y[i]!;
        mass += kernel;
      }
      return sum / mass;
    });
    expect(regress(dot, prompt)).toBeAllclose(expected, { rtol: 1e-12 });
  });

  test('off the sphere they differ', () => {
    const longer = {
      ...prompt,
      x: { ...prompt.x, data: prompt.x.data.map((each, i) => (i < 3 ? 2 * each : each)) },
    };
    const [a, b] = [regress(dot, longer), regress(rbf, longer)];
    expect(Math.max(...a.map((each, i) => Math.abs(each - b[i]!)))).toBeGreaterThan(1e-3);
  });
});

describe('limits and invariances (B3)', () => {
  const general = softmaxUnit({ matrix });

  test('no window is the mean', () => {
    const mean = Array.from(prompt.y).reduce((a, b) => a + b) / 12;
    expect(regress(softmaxUnit({ window: 0, dimension: 3 }), prompt)).toBeAllclose(new Array(5).fill(mean), {
      rtol: 1e-12,
    });
  });

  test('a sharp one is the label of the nearest point', () => {
    const { x, y, queries } = prompt;
    const nearest = Array.from({ length: 5 }, (_, q) => {
      const dots = Array.from({ length: 12 }, (_unused, i) =>
        [0, 1, 2].reduce((sum, j) => sum + x.data[i * 3 + j]! * queries.data[q * 3 + j]!, 0),
      );
      return y[dots.indexOf(Math.max(...dots))]!;
    });
    expect(regress(softmaxUnit({ window: 1e6, dimension: 3 }), prompt)).toBeAllclose(nearest, { rtol: 1e-9 });
  });

  property.prop([fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true })])(
    'labels may be scaled and shifted',
    (a, b) => {
      const moved = regress(general, { ...prompt, y: Float64Array.from(prompt.y, (each) => a * each + b) });
      expect(moved).toBeAllclose(
        regress(general, prompt).map((each) => a * each + b),
        { atol: 1e-10 },
      );
    },
  );

  property.prop([fc.shuffledSubarray([...Array(12).keys()], { minLength: 12 })])(
    'the order of the context does not matter',
    (order) => {
      const shuffled: Prompt = {
        ...prompt,
        x: {
          shape: [12, 3],
          data: Float64Array.from(order.flatMap((i) => [...prompt.x.data.subarray(3 * i, 3 * i + 3)])),
        },
        y: order.map((i) => prompt.y[i]!),
      };
      expect(regress(general, shuffled)).toBeAllclose(regress(general, prompt), { rtol: 1e-10, atol: 1e-12 });
    },
  );

  test('a context given twice changes nothing', () => {
    const twice = {
      ...prompt,
      x: { shape: [24, 3], data: Float64Array.of(...prompt.x.data, ...prompt.x.data) },
      y: [...Array.from(prompt.y), ...Array.from(prompt.y)],
    };
    expect(regress(general, twice)).toBeAllclose(regress(general, prompt), { rtol: 1e-12 });
  });
});

test('whitening: x = Sigma^(1/2) u with M = w Sigma^(-1) is u with w I (B16)', () => {
  const factor = normals(5, 3, 3);
  const sigma = matmul(factor, transpose(factor));
  const root = sqrtSymmetric(sigma);
  const stretched = { ...prompt, x: matmul(prompt.x, root), queries: matmul(prompt.queries, root) };
  const { data } = inverse(sigma);
  const symmetric = data.map((each, at) => (each + data[(at % 3) * 3 + Math.floor(at / 3)]!) / 2);
  const whitened = softmaxUnit({ matrix: { shape: [3, 3], data: symmetric.map((each) => 5 * each) } });
  expect(regress(whitened, stretched)).toBeAllclose(
    regress(softmaxUnit({ window: 5, dimension: 3 }), prompt),
    { rtol: 1e-8 },
  );
});

property.prop([fc.integer({ min: 0, max: 1000 })])(
  'rotating inputs and M together changes nothing (B17)',
  (seed) => {
    const rotation = qr(normals(seed, 3, 3)).q;
    const turned = {
      ...prompt,
      x: matmul(prompt.x, transpose(rotation)),
      queries: matmul(prompt.queries, transpose(rotation)),
    };
    const rotated = softmaxUnit({ matrix: matmul(rotation, matmul(matrix, transpose(rotation))) });
    expect(regress(rotated, turned)).toBeAllclose(regress(softmaxUnit({ matrix }), prompt), {
      rtol: 1e-9,
      atol: 1e-12,
    });
  },
);

test('masked padding gives exactly the unpadded result (B18)', () => {
  const padded: Prompt = {
    ...prompt,
    x: { shape: [15, 3], data: Float64Array.of(...prompt.x.data, ...new Float64Array(9).fill(9)) },
    y: [...Array.from(prompt.y), 100, 100, NaN],
    mask: [...new Array<number>(12).fill(1), 0, 0, 0],
  };
  for (const each of [
    softmaxUnit({ matrix }),
    linearUnit({ matrix }),
    softmaxUnit({ matrix, kernel: 'rbf' }),
  ])
    expect(Array.from(regress(each, padded))).toEqual(Array.from(regress(each, prompt)));
});

test('with the query in the softmax, labels shrink by its share', () => {
  const raw = softmaxUnit({ window: 2, dimension: 2, includeQuery: true });
  // The scores of B1 are 1.2, 1.6, -1.2, -1.6; the query's own is 2.
  const masses = [1.2, 1.6, -1.2, -1.6, 2].map(Math.exp);
  const total = masses.reduce((a, b) => a + b);
  const expected = [1, 2, 3, 4].reduce((sum, y, i) => sum + (y * masses[i]!) / total, 0);
  expect(regress(raw, cross)).toBeAllclose([expected], { rtol: 1e-12 });
});

// Section 4.2.2: sum p^2 -> Ibar(2w) / (n Ibar(w)^2).
test.each([2, 3, 5])('the effective sample size is that of the theory, %d dimensions (B5)', (dimension) => {
  const many = drawPrompts(key(1), {
    family: affineTasks({ lipschitz: 1 }),
    covariates: sphere(dimension),
    batch: 40,
    context: 2000,
    noise: 0,
    queries: 4,
  });
  let inverseSize = 0;
  for (let b = 0; b < 40; b++)
    for (const size of attend(softmaxUnit({ window: 2, dimension }), promptAt(many, b)).effectiveSampleSize)
      inverseSize += 1 / size / 160;
  expect(2000 * inverseSize).toBeAllclose(varianceFactor(2, { dimension }), { rtol: 0.03 });
});

test('a rescaled unit has its window multiplied', () => {
  const unit = softmaxUnit({ window: 4, dimension: 2 });
  expect(rescaled(unit, 1.5)).toEqual(softmaxUnit({ window: 6, dimension: 2 }));
  expect(() => rescaled(unit, NaN)).toThrow(/factor/);
});

test('calibration moves the window by the power law', () => {
  const from = { context: 200, lipschitz: 1, noise: 0.3 };
  const to = { context: 50, lipschitz: 1, noise: 0.3 };
  expect(signalToNoise(from) / signalToNoise(to)).toBeAllclose(4, { rtol: 1e-12 });
  const moved = calibrate(softmaxUnit({ window: 8, dimension: 3 }), { from, to, exponent: 1 / 3 });
  expect(moved.matrix.data[0]).toBeAllclose(8 * 0.25 ** (1 / 3), { rtol: 1e-12 });
});

test('a unit survives saving and reading', () => {
  for (const each of [softmaxUnit({ matrix, kernel: 'rbf', includeQuery: true }), linearUnit({ matrix })])
    expect(loadUnit(saveUnit(each))).toEqual(each);
});

describe('refuses', () => {
  const code = (value: string) => expect.objectContaining({ code: value });
  test.each([
    [
      'an empty context',
      () => attend(unit, { ...cross, x: { shape: [0, 2], data: new Float64Array(0) }, y: [] }),
      'argument',
    ],
    ['a mask of zeros', () => regress(unit, { ...cross, mask: [0, 0, 0, 0] }), 'argument'],
    [
      'NaN in x',
      () =>
        regress(unit, { ...cross, x: { shape: [4, 2], data: cross.x.data.map((e, i) => (i ? e : NaN)) } }),
      'numeric',
    ],
    ['infinity in y', () => regress(unit, { ...cross, y: [1, 2, Infinity, 4] }), 'numeric'],
    ['a missing label', () => regress(unit, { ...cross, y: [1, 2, 3] }), 'shape'],
    ['another dimension', () => regress(softmaxUnit({ window: 1, dimension: 3 }), cross), 'shape'],
    ['a long matrix', () => softmaxUnit({ matrix: normals(0, 2, 3) }), 'shape'],
    ['weights of linear attention', () => attend(linearUnit({ matrix }), cross), 'unsupported'],
    ['no window', () => softmaxUnit({ dimension: 3 }), 'argument'],
    ['no noise to calibrate from', () => signalToNoise({ context: 9, lipschitz: 1, noise: 0 }), 'argument'],
  ])('%s', (_, run, expected) => {
    expect(run).toThrow(code(expected));
  });
});
