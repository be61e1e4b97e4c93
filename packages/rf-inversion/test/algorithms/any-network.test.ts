import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { flowOde, sample } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import { editFlow, integrateFlow, invertFlow, odeInversion, rfInversion, type Gain } from '../../src';
import { schedule } from '../support/gaussian';
import { draw, randomFlow, randomTimes } from '../support/random-flow';

const exact = { rtol: 0, atol: 1e-10 };
const until = (value: number, stop: number): Gain => ({ kind: 'constant', value, stop });
const none = { key: key(0) };

property.prop([fc.integer({ min: 2, max: 12 }), fc.integer({ min: 0, max: 1000 })], { numRuns: 20 })(
  'gamma = 1 walks the straight line, for any network and grid',
  async (steps, seed) => {
    const [image, target, times] = [draw(seed, [2, 3]), draw(seed + 1, [2, 3]), randomTimes(seed, steps)];
    const nodes: Array64[] = [];
    const { noise } = await invertFlow(randomFlow(3, seed), image, {
      times,
      gamma: 1,
      target,
      onStep: ({ x }) => void nodes.push(x),
    });
    const rising = [...times].reverse();
    nodes.forEach((x, i) => {
      const s = rising[i + 1]!;
      expect(x).toBeAllclose(
        { shape: [2, 3], data: image.data.map((y, j) => (1 - s) * y + s * target.data[j]!) },
        exact,
      );
    });
    expect(noise).toBeAllclose(target, exact);
  },
);

property.prop([fc.integer({ min: 2, max: 12 }), fc.integer({ min: 0, max: 1000 })], { numRuns: 20 })(
  'eta = 1 in the last step returns the image, whatever came before; eta < 1 a blend with the flow',
  async (steps, seed) => {
    const [denoiser, image] = [randomFlow(3, seed), draw(seed, [2, 3])];
    const inversion = await invertFlow(denoiser, image, { steps, gamma: 0.3, key: key(seed) });
    const { image: returned } = await editFlow(denoiser, inversion, {
      eta: { kind: 'constant', value: 1, start: steps - 1 },
    });
    expect(returned).toBeAllclose(image, exact);

    const states: Array64[] = [inversion.noise];
    await editFlow(denoiser, inversion, { eta: 0.9, onStep: ({ x }) => void states.push(x) });
    const before = states[steps - 1]!;
    const t = inversion.times[steps - 1]!;
    const u = await denoiser.predict(before, t);
    const blend = image.data.map((y, i) => y + 0.1 * (before.data[i]! - t * u.data[i]! - y));
    expect(states[steps]!).toBeAllclose({ shape: [2, 3], data: blend }, exact);
  },
);

test('the step of RF-Solver is the midpoint rule; FireFlow needs one call more than Euler', async () => {
  const [denoiser, image] = [randomFlow(3), draw(1, [2, 3])];
  const [a, b] = [
    await odeInversion(denoiser, image, { steps: 10, solver: 'rf-solver' }),
    await odeInversion(denoiser, image, { steps: 10, solver: 'midpoint' }),
  ];
  expect(a.noise).toBeAllclose(b.noise, { atol: 1e-12, rtol: 1e-12 });
  const fire = await odeInversion(denoiser, image, { steps: 10, solver: 'fireflow' });
  expect([a.modelCalls, b.modelCalls, fire.modelCalls]).toEqual([20, 20, 11]);
});

const controlCases: [string, { eta: Gain; lambda?: number; masked?: boolean }][] = [
  ['constant', { eta: 0.7 }],
  ['window', { eta: until(0.9, 3) }],
  ['decay', { eta: { kind: 'decay', value: 0.8 } }],
  ['finite lambda', { eta: 0.6, lambda: 20 }],
  ['masked', { eta: 0.6, masked: true }],
];
test.each(controlCases)(
  'the pull as a control is Algorithm 2: %s',
  async (_, { eta, lambda, masked = false }) => {
    const [denoiser, image] = [randomFlow(3), draw(1, [2, 3])];
    const mask = masked ? { shape: [2, 3], data: Float64Array.of(1, 0, 0.5, 0, 1, 1) } : undefined;
    const inversion = await invertFlow(denoiser, image, { steps: 9, gamma: 0.4, key: key(3) });
    const direct = await editFlow(denoiser, inversion, { eta, lambda, mask });
    const { samples } = await sample(denoiser, {
      schedule,
      solver: flowOde(),
      times: inversion.times,
      init: inversion.noise,
      controls: [rfInversion({ reference: image, eta, lambda, mask })],
      ...none,
    });
    expect(samples).toBeAllclose(direct.image, { atol: 1e-11, rtol: 1e-11 });
  },
);

test('gamma = eta = 0 is bit for bit the ODE without control', async () => {
  const [denoiser, image] = [randomFlow(3), draw(1, [2, 3])];
  const times = schedule.times(9);
  for (const solver of ['euler', 'midpoint', 'heun', 'fireflow', 'rf-solver'] as const) {
    const inversion = await invertFlow(denoiser, image, { times, gamma: 0, solver });
    const plain = await integrateFlow(denoiser, image, { times: [...times].reverse(), solver });
    expect(inversion.noise.data).toEqual(plain.x.data);
    const edited = await editFlow(denoiser, inversion, { eta: 0, solver });
    expect(edited.image.data).toEqual((await integrateFlow(denoiser, plain.x, { times, solver })).x.data);
  }
});

test('members of a batch do not see each other', async () => {
  const denoiser = randomFlow(2);
  const [image, target] = [draw(1, [3, 2]), draw(2, [3, 2])];
  const turned = ({ shape, data }: Array64): Array64 => ({
    shape,
    data: Float64Array.of(...data.slice(4), ...data.slice(0, 4)),
  });
  const run = async (y0: Array64, y1: Array64): Promise<Array64> => {
    const inversion = await invertFlow(denoiser, y0, { steps: 6, gamma: 0.5, target: y1 });
    return (await editFlow(denoiser, inversion)).image;
  };
  expect((await run(turned(image), turned(target))).data).toEqual(turned(await run(image, target)).data);
});

test('a starting time: inverted to a node, and edited from there with the gains of the whole grid', async () => {
  const [denoiser, image] = [randomFlow(2), draw(1, [2, 2])];
  const inversion = await invertFlow(denoiser, image, { steps: 10, startStep: 4, gamma: 1, key: key(2) });
  // On the straight line, at level 0.6.
  const { target } = inversion;
  const line = image.data.map((y, i) => 0.4 * y + 0.6 * target!.data[i]!);
  expect(inversion.noise).toBeAllclose({ shape: [2, 2], data: line }, exact);
  const levels: number[] = [];
  const calls = await editFlow(denoiser, inversion, {
    eta: until(1, 6),
    onStep: ({ from }) => void levels.push(from),
  });
  expect(levels).toBeAllclose([0.6, 0.5, 0.4, 0.3, 0.2, 0.1]);
  // Steps 4 and 5 of the grid are the controller's alone.
  expect(calls.modelCalls).toBe(4);
});
