import { expect, test } from 'vitest';
import type { Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import { editFlow, imageMemory, invertFlow, sdEdit, type FlowSolverName, type Gain } from '../../src';
import { column, fluxTimes, normalFlow, schedule } from '../support/gaussian';
import { randomFlow } from '../support/random-flow';

const until = (value: number, stop: number): Gain => ({ kind: 'constant', value, stop });

/** Inverts and reconstructs a batch of one number each. */
async function roundTrip(
  y0: number,
  {
    gamma = 0 as Gain,
    eta = 0 as Gain,
    y1 = 0.3,
    steps = 28,
    times = undefined as number[] | undefined,
    solver = 'euler' as FlowSolverName,
  },
  denoiser: Denoiser<Array64> = normalFlow(),
): Promise<{ noise: number; image: number }> {
  const run = { steps, times, solver };
  const inversion = await invertFlow(denoiser, column(y0), { ...run, gamma, target: column(y1) });
  const { image } = await editFlow(denoiser, inversion, { eta, solver });
  return { noise: inversion.noise.data[0]!, image: image.data[0]! };
}

// Closed form of N(10, 1): reconstruction = 10 + 1.5 rho_N.
test('inversion without control has the first-order error of its closed form', async () => {
  const { noise, image } = await roundTrip(11.5, {});
  expect([noise, image]).toBeAllclose([1.43266692, 11.36835634], { atol: 1e-6 });
  const { image: hundred } = await roundTrip(11.5, { steps: 100 });
  expect([(image - 10) / 1.5, (hundred - 10) / 1.5]).toBeAllclose([0.91223756, 0.9746188], { atol: 1e-7 });
  const { image: fine } = await roundTrip(11.5, { steps: 56 });
  expect((11.5 - image) / (11.5 - fine)).toBeAllclose(1.956, { atol: 2e-3 });
});

test('gamma = 1 and eta = 1 up to step k are SDEdit from that noise level', async () => {
  const times = fluxTimes();
  const [image, noise] = [column(11.5), column(0.3)];
  const inversion = await invertFlow(normalFlow(), image, { times, gamma: 1, target: noise });
  const seen: number[] = [];
  const options = { eta: until(1, 7), onStep: ({ x }: { x: Array64 }) => void seen.push(x.data[0]!) };
  const edited = await editFlow(normalFlow(), inversion, options);
  expect(seen[6]).toBeAllclose(1.36925541, { atol: 1e-8 });
  const sde = await sdEdit(normalFlow(), image, { times, startStep: 7, noise });
  expect(edited.image).toBeAllclose(sde.image, { atol: 1e-8, rtol: 0 });
  // The controller alone needs no network: 28 + 7 calls are saved.
  expect([inversion.modelCalls, edited.modelCalls, sde.modelCalls]).toEqual([0, 21, 21]);
});

test('the golden pipeline on N(10, 1): every gamma with every eta', async () => {
  const windows: Gain[] = [0, until(0.9, 7), until(1, 7), 0.9, 1];
  const golden = new Map([
    [0, [1.432667, 11.368356, 11.725839, 11.764425, 11.506247, 11.5]],
    [0.5, [0.440355, 10.420588, 10.81579, 10.858495, 11.500876, 11.5]],
    [1, [0.3, 10.286533, 10.687071, 10.730358, 11.500117, 11.5]],
  ]);
  for (const [gamma, [noise, ...images]] of golden)
    for (const [i, eta] of windows.entries()) {
      const found = await roundTrip(11.5, { gamma, eta });
      expect([found.noise, found.image]).toBeAllclose([noise!, images[i]!], { atol: 2e-6, rtol: 0 });
    }
});

test('what a constant gamma keeps of the image is the product over the steps', async () => {
  const still: Denoiser<Array64> = {
    ...randomFlow(1),
    predict: (x) => ({ shape: x.shape, data: new Float64Array(x.data.length) }),
  };
  for (const times of [schedule.times(28), fluxTimes()]) {
    const { noise } = await invertFlow(still, column(5), { times, gamma: 0.5, target: column(1) });
    expect((noise.data[0]! - 1) / 4).toBeAllclose(imageMemory(times, 0.5), { rtol: 1e-9 });
  }
});

// Computed independently for N(10, 1), y0 = 11.5, the Flux grid at 1024 by 1024 pixels.
test('parity with the community pipeline, whose times disagree', async () => {
  const times = fluxTimes();
  const run = async (parity?: 'diffusers'): Promise<number[]> => {
    const inversion = await invertFlow(normalFlow(), column(11.5), { times, gamma: 0, parity });
    const { image } = await editFlow(normalFlow(), inversion, { eta: 0 });
    return [inversion.noise.data[0]!, image.data[0]!];
  };
  expect(await run('diffusers')).toBeAllclose([3.0414, 12.8452], { atol: 1e-4 });
  expect(await run()).toBeAllclose([1.4032, 11.3127], { atol: 1e-4 });
  const missed = await invertFlow(normalFlow(), column(5), {
    times,
    gamma: 1,
    target: column(1),
    parity: 'diffusers',
  });
  expect((missed.noise.data[0]! - 1) / 4).toBeAllclose(-0.0026, { atol: 1e-4 });
});

test('orders of the integrators, by the error of a round trip at 8 and 16 steps', async () => {
  const error = async (solver: FlowSolverName, steps: number): Promise<number> =>
    (await roundTrip(11.5, { solver, steps })).image - 11.5;
  // FireFlow is left out of this line: see below.
  const at8 = await Promise.all(
    (['euler', 'midpoint', 'heun', 'fireflow'] as const).map((name) => error(name, 8)),
  );
  expect(at8).toBeAllclose([-0.41415, -0.00081, -0.00388, -0.00588], { atol: 1e-5, rtol: 0 });
  for (const name of ['midpoint', 'rf-solver', 'fireflow', 'heun'] as const)
    expect((await error(name, 8)) / (await error(name, 16))).toBeGreaterThan(3.5);
  expect((await error('euler', 8)) / (await error('euler', 16))).toBeAllclose(1.9, { atol: 0.15 });
});

test('a finite lambda leaves the gap of the regulator', async () => {
  const target = column(2);
  const { noise } = await invertFlow(normalFlow(), column(0), {
    times: schedule.times(400),
    gamma: 1,
    target,
    lambda: 9,
  });
  expect(noise.data[0]).toBeAllclose(1.8, { atol: 1e-3 });
});
