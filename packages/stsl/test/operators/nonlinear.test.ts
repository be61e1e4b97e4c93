import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal64 } from '@lab/tensor-core/random';
import { tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { checkGradients, expectNoLeak } from '@lab/testing';
import {
  diffPir,
  identityAutoencoder,
  imageProblem,
  ldps,
  momentMatched,
  motionBlur,
  operatorMatrix,
  p2l,
  phaseRetrieval,
  psld,
  reSample,
  runMethod,
  saturatedBlur,
  stslSample,
  superResolution,
  trainedTimes,
  type RestorationMethod,
} from '../../src';
import { near, trained } from '../support';

beforeAll(() => engine({ prefer: 'wasm' }));

const [height, width] = [4, 6];
const draw = (seed: number, shape = [1, height, width, 1]) => ({ shape, data: normal64(key(seed), shape) });
const tensorOf = ({ shape, data }: { shape: number[]; data: Float64Array }): Tensor =>
  tf.tensor(Float32Array.from(data), shape);

/** |sum_n x_n exp(-2 pi i (k n / P + l m / Q))| / sqrt(P Q), term by term. */
function magnitudes(x: Float64Array, [rows, columns] = [height, width], oversampling = 1.5): Float64Array {
  const [p, q] = [Math.round(oversampling * rows), Math.round(oversampling * columns)];
  return Float64Array.from({ length: p * q }, (_, at) => {
    const [k, l] = [Math.floor(at / q), at % q];
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < rows; n++)
      for (let m = 0; m < columns; m++) {
        const angle = -2 * Math.PI * ((k * n) / p + (l * m) / q);
        real += x[n * columns + m]! * Math.cos(angle);
        imaginary += x[n * columns + m]! * Math.sin(angle);
      }
    return Math.hypot(real, imaginary) / Math.sqrt(p * q);
  });
}

describe('phase retrieval', () => {
  const operator = phaseRetrieval();
  const measure = (data: Float64Array, shape = [1, height, width, 1]): Float32Array =>
    tf.tidy(() => operator.forward(tensorOf({ shape, data })).dataSync()) as Float32Array;

  test('values and gradients are those of the direct transform in float64', async () => {
    expect(operator.measurementShape([height, width, 3])).toEqual([6, 9, 3]);
    await expectNoLeak(() => {
      const x = tensorOf(draw(1));
      checkGradients((each: Tensor) => operator.forward(each), [x], {
        reference: (data) => magnitudes(data),
      });
      x.dispose();
    });
    expect(near(phaseOf(2), magnitudes(draw(2).data, [height, width], 2))).toBeLessThan(1e-5);
  });
  const phaseOf = (oversampling: number): Float32Array =>
    tf.tidy(() =>
      phaseRetrieval({ oversampling })
        .forward(tensorOf(draw(2)))
        .dataSync(),
    ) as Float32Array;

  test('examples and channels are measured apart', () => {
    const [a, b] = [draw(3).data, draw(4).data];
    const both = Float64Array.from({ length: 2 * a.length }, (_, i) => [a, b][i % 2]![i >> 1]!);
    const seen = measure(both, [1, height, width, 2]);
    expect(
      near(
        seen.filter((_, i) => i % 2 === 0),
        magnitudes(a),
      ),
    ).toBeLessThan(1e-5);
    expect(
      near(
        seen.filter((_, i) => i % 2 === 1),
        magnitudes(b),
      ),
    ).toBeLessThan(1e-5);
    expect(
      near(measure(Float64Array.of(...a, ...b), [2, height, width, 1]), [...magnitudes(a), ...magnitudes(b)]),
    ).toBeLessThan(1e-5);
  });

  const seeds = fc.integer({ min: 0, max: 1e6 });
  property.prop([seeds])('sign and half turn leave no trace, and energy is kept', (seed) => {
    const { data } = draw(seed);
    const seen = measure(data);
    expect(near(measure(data.map((value) => -value)), seen)).toBeLessThan(1e-5);
    expect(near(measure(Float64Array.from(data).reverse()), seen)).toBeLessThan(1e-5);
    const energy = (values: ArrayLike<number>): number =>
      Array.from(values).reduce((sum, value) => sum + value ** 2, 0);
    expect(energy(seen) / energy(data)).toBeCloseTo(1, 4);
  });
  property.prop([seeds, fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 4 })])(
    'neither does a shift of what lies between zeros',
    (seed, down, across) => {
      const patch = normal64(key(seed), [2, 2]);
      const placed = (top: number, left: number): Float64Array => {
        const data = new Float64Array(height * width);
        patch.forEach((value, i) => (data[(top + (i >> 1)) * width + left + (i % 2)] = value));
        return data;
      };
      expect(near(measure(placed(down, across)), measure(placed(0, 0)))).toBeLessThan(1e-5);
    },
  );

  test('the first guess is flat and of the measured mean, at the size of the image', () => {
    tf.tidy(() => {
      const x = tf.fill([2, height, width, 3], 0.4);
      const guess = operator.initFrom(operator.forward(x));
      expect(guess.shape).toEqual(x.shape);
      expect(near(guess.dataSync(), x.dataSync())).toBeLessThan(1e-6);
    });
    expect(() => phaseRetrieval({ oversampling: 0.9 })).toThrow(/at least 1/);
  });
});

describe('saturated blur', () => {
  const [gamma, saturation, size] = [1.8, 1.5, 3];
  const blur = motionBlur({ size, key: key(8) });
  const power = (u: number, p: number): number => u * (u * u + 1e-6) ** ((p - 1) / 2);
  test('values and gradients are those of its formula in float64', async () => {
    const matrix = await operatorMatrix(blur, [height, width, 1]);
    const reference = (x: Float64Array): Float64Array => {
      const light = x.map((value) => power((value + 1) / 2, gamma));
      return Float64Array.from(x, (_, i) => {
        const mixed = light.reduce((sum, each, j) => sum + matrix.data[i * x.length + j]! * each, 0);
        const answer = (1 - Math.exp(-saturation * mixed)) / (1 - Math.exp(-saturation));
        return 2 * power(answer, 1 / gamma) - 1;
      });
    };
    await expectNoLeak(() => {
      const operator = saturatedBlur({ blur, gamma, saturation });
      const x = tensorOf({ ...draw(5), data: draw(5).data.map((value) => 0.6 * Math.tanh(value)) });
      checkGradients((each: Tensor) => operator.forward(each), [x], { reference });
      x.dispose();
    });
  });
  test('black and white areas stay, and a linear sensor leaves every grey', () => {
    tf.tidy(() => {
      const flat = (value: number, operator = saturatedBlur({ blur })): number => {
        const out = operator.forward(tf.fill([1, height, width, 1], value)).dataSync();
        expect(Math.max(...out) - Math.min(...out)).toBeLessThan(1e-5);
        return out[0]!;
      };
      expect(flat(-1)).toBeCloseTo(-1, 3);
      expect(flat(1)).toBeCloseTo(1, 4);
      for (const grey of [-0.6, 0, 0.7]) {
        expect(flat(grey, saturatedBlur({ blur, saturation: 0 }))).toBeCloseTo(grey, 3);
        expect(flat(grey)).toBeGreaterThan(grey + 0.05);
      }
    });
    expect(() => saturatedBlur({ gamma: 0 })).toThrow(/gamma is positive/);
  });
  test('it is not linear', () => {
    tf.tidy(() => {
      const operator = saturatedBlur({ blur });
      const [a, b] = [draw(1), draw(2)].map(({ shape, data }) => tf.mul(tensorOf({ shape, data }), 0.3));
      const together = operator.forward(tf.add(a!, b!));
      const apart = tf.add(operator.forward(a!), operator.forward(b!));
      expect(tf.max(tf.abs(tf.sub(together, apart))).dataSync()[0]).toBeGreaterThan(0.1);
    });
  });
});

describe('methods on them', () => {
  /** N(0, I). */
  const denoiser: Denoiser = {
    predicts: 'epsilon',
    space: tensorSpace,
    predict: (x, t) => tf.mul(x, trained.sigma(t)),
  };
  const times = trainedTimes({ steps: 12 });
  const attempt = async (operator: ReturnType<typeof phaseRetrieval>, method: RestorationMethod | 'stsl') => {
    const truth = tensorOf(draw(21));
    const y = tf.tidy(() => operator.forward(truth));
    const init = tensorOf(draw(22));
    const problem = imageProblem({
      ...{ denoiser, schedule: trained, autoencoder: identityAutoencoder(), operator, y },
    });
    const options = { times, init: { state: init }, key: key(0) };
    try {
      const { latents } = await (method === 'stsl'
        ? stslSample(problem, { ...options, inner: 3, eta: 0, step: { kind: 'fixed', lambda: 0.1 } })
        : runMethod(problem, method, options));
      const left = tf.tidy(() => tf.sum(tf.square(tf.sub(y, operator.forward(latents)))));
      const [residual] = await left.data();
      tf.dispose([latents, left]);
      return residual!;
    } finally {
      problem.dispose?.();
      tf.dispose([truth, y, init]);
    }
  };
  const operators = [phaseRetrieval(), saturatedBlur({ blur: motionBlur({ size: 3, key: key(8) }) })];

  test.each(operators.map((each) => [each.name, each] as const))(
    '%s: gradients serve',
    async (_, operator) => {
      await expectNoLeak(async () => {
        const unguided = await attempt(operator, ldps({ strength: 0 }));
        const guided: (RestorationMethod | 'stsl')[] = [
          'stsl',
          ldps({ strength: 0.3 }),
          p2l({ strength: 0.3, every: Infinity }),
          momentMatched({ deviation: 0.3 }),
        ];
        for (const method of guided) expect(await attempt(operator, method)).toBeLessThan(0.8 * unguided);
      });
    },
  );
  test.each(operators.map((each) => [each.name, each] as const))(
    '%s: what needs an adjoint is refused, with the way out',
    async (_, operator) => {
      await expectNoLeak(async () => {
        for (const method of [psld(), p2l(), reSample(), diffPir({ deviation: 0.1 })])
          await expect(attempt(operator, method)).rejects.toMatchObject({
            code: 'unsupported',
            message: expect.stringContaining('has no adjoint') as string,
          });
      });
      await expect(operatorMatrix(operator, [height, width, 1])).rejects.toThrow(/no matrix/);
    },
  );
  test('a saturated blur keeps to what its blur refuses', () => {
    const never = { ...superResolution({ factor: 4 }) };
    expect(() => saturatedBlur({ blur: never }).measurementShape([5, 4, 1])).toThrow(/divides/);
  });
});
