import { fc, test as property } from '@fast-check/vitest';
import { glyphs } from '@lab/datasets';
import {
  clampEstimate,
  controlToFloat64,
  pointsDenoiser,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  toFloat64,
  type Control,
  type Denoiser,
} from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { all as allOf, bounds, compileConstraints, constrain, fixed, mean } from '@lab/cps';
import { editFlow, invertFlow } from '@lab/rf-inversion';
import { identityAutoencoder, imageProblem, stsl, superResolution } from '@lab/stsl';
import { beforeAll, describe as group, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import {
  describe,
  descriptorCost,
  exactSoc,
  freeDom,
  linearCost,
  momentDescriptor,
  proximalSoc,
  type Descriptor,
  type DifferentiableCost,
} from '../../src';
import { firstIs, gaussian, schedule as cascade } from '../support/gaussian';

const schedule = rectifiedFlowSchedule();
const { glyphs: all, images: data } = glyphs();
const images = { shape: [640, 8, 8, 3], data };
const denoiser = pointsDenoiser({
  points: images,
  labels: all.map(({ digit }) => digit),
  deviation: 0.05,
  schedule,
  space: tensorSpace,
});
const numberOf = (digit: number, style: number): number =>
  all.findIndex((each) => each.digit === digit && each.style === style);
const image = (index: number): Tensor =>
  tf.tensor4d(Float32Array.from(data.subarray(192 * index, 192 * (index + 1))), [1, 8, 8, 3]);
const square = (z: Tensor): Tensor => tf.reshape(z, [-1, 8, 8, 3]);

let descriptor: Descriptor;
let target: Array64;
let cost: DifferentiableCost;
beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  descriptor = momentDescriptor(images);
  const reference = image(numberOf(7, 5));
  target = await describe(descriptor, reference);
  reference.dispose();
  cost = descriptorCost([{ descriptor, target }]);
});
/** Cosine with the reference's style. */
const likeness = (x: Tensor): number => 1 - tf.tidy(() => tf.mean(cost.losses(x)).dataSync()[0]!);

/** The denoiser of series [B, 192, 1], which constraints are about. */
const flat: typeof denoiser = {
  ...denoiser,
  predict: (x, t, condition) =>
    tf.tidy(() => tf.reshape(denoiser.predict(square(x), t, condition) as Tensor, x.shape)),
};
const flatStyle = (): Control<Array64> =>
  controlToFloat64(proximalSoc(descriptorCost([{ descriptor, target }], { decode: square }), { eta: 0.1 }));

group('with a hard constraint', () => {
  const constraints = allOf(
    bounds({ lower: -0.7, upper: 0.9 }),
    fixed({ values: { 0: 0.25, 191: -0.25 } }),
    mean({ value: -0.4 }),
  );
  const projector = compileConstraints(constraints, { shape: [192, 1] });
  const run = async (controls: readonly Control<Array64>[]): Promise<Array64> =>
    (
      await sample(toFloat64(flat), {
        schedule,
        steps: 20,
        shape: [3, 192, 1],
        key: key(1),
        condition: [4, 4, 4],
        controls,
      })
    ).samples;

  test('every wish holds to 1e-9, and the style is nearer than under the constraint alone', async () => {
    const constrained = await run([constrain(projector)]);
    const both = await run([flatStyle(), constrain(projector)]);
    expect(projector.check(both, { tolerance: 1e-9 }).violations).toEqual([]);
    const of = (x: Array64): number => {
      const tensor = tf.tensor(Float32Array.from(x.data), [3, 8, 8, 3]);
      const value = likeness(tensor);
      tensor.dispose();
      return value;
    };
    expect(of(both)).toBeGreaterThan(of(constrained) + 0.3);
    // The constraint last: the other way round the style moves out of it.
    expect(
      projector.check(await run([constrain(projector), flatStyle()]), { tolerance: 1e-6 }).feasible,
    ).toBe(false);
  });

  test('a linear style and a linear constraint both hold exactly where they are compatible', async () => {
    const second = compileConstraints(fixed({ values: { 1: -0.7 } }), { shape: [2, 1] });
    const shape = [5, 2, 1];
    const { samples } = await sample(gaussian, {
      schedule: cascade,
      steps: 20,
      shape,
      key: key(0),
      controls: [proximalSoc(linearCost(firstIs), { optimizer: 'exact' }), constrain(second)],
    });
    for (let b = 0; b < 5; b++)
      expect([samples.data[2 * b], samples.data[2 * b + 1]]).toBeAllclose([1.5, -0.7], { atol: 1e-9 });
  });

  test('Algorithm 1 and FreeDoM act in double precision, too, given the denoiser that has gradients', async () => {
    const flatCost = descriptorCost([{ descriptor, target }], { decode: square });
    const inner = flat as unknown as Denoiser;
    for (const control of [exactSoc(flatCost, { eta: 2 }), freeDom(flatCost, { weight: 0.5 })]) {
      const both = await run([controlToFloat64(control, { denoiser: inner }), constrain(projector)]);
      expect(projector.check(both, { tolerance: 1e-9 }).violations).toEqual([]);
    }
  });

  property.prop([fc.integer({ min: 0, max: 50 })], { numRuns: 5 })(
    'a control that leaves a state alone leaves it to the last bit',
    async (seed) => {
      const options = { schedule, steps: 3, shape: [1, 192, 1], key: key(seed), condition: [2] };
      const idle = controlToFloat64(proximalSoc(cost, { eta: 0 }));
      const plain = await sample(toFloat64(flat), options);
      const same = await sample(toFloat64(flat), { ...options, controls: [idle] });
      expect(same.samples.data).toEqual(plain.samples.data);
    },
  );
});

test('after the inversion of an image: it takes on the style, and without the controller it keeps its own', async () => {
  const source = image(numberOf(4, 2));
  await expectNoLeak(async () => {
    const inversion = await invertFlow(denoiser, source, { gamma: 0, steps: 20 });
    const eta = { kind: 'constant', value: 0.9, stop: 4 } as const;
    const edit = async (controls: readonly Control[], pull: typeof eta | number = eta) =>
      (await editFlow(denoiser, inversion, { condition: [4], eta: pull, controls, key: key(3) })).image;
    const own = await edit([]);
    const styled = await edit([proximalSoc(cost, { eta: 0.1 })]);
    expect(likeness(styled)).toBeGreaterThan(0.9);
    expect(likeness(styled)).toBeGreaterThan(likeness(own) + 0.3);
    // Pulled all the way by a gain of 1, the image comes back, whatever the style wants before the last step.
    const early = proximalSoc(cost, { eta: 0.1, tau: 19, noise: 'recompute' });
    const returned = await edit([early], 1);
    expect(returned).toBeAllclose(source, { atol: 1e-5 });
    tf.dispose([own, styled, returned]);
    inversion.dispose();
  });
  source.dispose();
});

group('with a measurement', () => {
  test('the image agrees with the measurement, stays within bounds, and its style is nearer', async () => {
    const source = image(numberOf(4, 1));
    const operator = superResolution({ factor: 2, kernel: 'average' });
    // Grey means of blocks say what is shown, and leave colours open.
    const grey = {
      ...operator,
      name: 'grey super-resolution',
      measurementShape: (shape: readonly number[]) => [...operator.measurementShape(shape).slice(0, 2), 1],
      forward: (x: Tensor) => tf.tidy(() => tf.mean(operator.forward(x), 3, true)),
      adjoint: (v: Tensor) => tf.tidy(() => operator.adjoint(tf.div(tf.tile(v, [1, 1, 1, 3]), 3))),
      initFrom: (v: Tensor) => operator.initFrom(tf.tile(v, [1, 1, 1, 3])),
    };
    const y = grey.forward(source);
    const problem = imageProblem({
      denoiser,
      schedule,
      autoencoder: identityAutoencoder(),
      operator: grey,
      y,
    });
    const measured = await stsl(problem, { eta: 0, step: { kind: 'lipschitz', lambda: 0.2 } });
    const run = async (controls: readonly Control[]) =>
      (
        await sample(denoiser, {
          schedule,
          steps: 60,
          shape: [1, 8, 8, 3],
          key: key(5),
          condition: [4],
          controls,
        })
      ).samples;
    const clamp = clampEstimate<Tensor>({ low: -1, high: 1 });
    const residual = (x: Tensor): number =>
      Math.sqrt(tf.tidy(() => tf.mean(tf.square(tf.sub(grey.forward(x), y))).dataSync()[0]!));
    const [free, restored, both] = [
      await run([]),
      await run([clamp, measured]),
      await run([proximalSoc(cost, { eta: 0.1 }), clamp, measured]),
    ];
    // How far the law's own images are from their glyphs in what is measured, the mean of twelve numbers.
    const deviation = 0.05 / Math.sqrt(12);
    expect(residual(free)).toBeGreaterThan(4 * deviation);
    expect(residual(restored)).toBeLessThanOrEqual(deviation);
    expect(residual(both)).toBeLessThanOrEqual(deviation);
    expect(likeness(both)).toBeGreaterThan(likeness(restored) + 0.2);
    const values = both.dataSync();
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    tf.dispose([source, y, free, restored, both]);
  });
});
