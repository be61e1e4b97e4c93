import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal } from '@lab/tensor-core/random';
import { engine, tf } from '@lab/tensor-core';
import { beforeAll } from 'vitest';
import { methodCase, methodContract, notApplicable } from '@lab/testing';
import {
  clampEstimate,
  cosineSchedule,
  ddim,
  ddpm,
  dpmpp2m,
  euler,
  flowOde,
  flowSde,
  gaussianDenoiser,
  heun,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  type Control,
  type Solver,
} from '../src';
import { controlContract } from './support/control-contract';

beforeAll(() => engine());

const shape = [2, 2];
const of = (schedule: ReturnType<typeof cosineSchedule>) => ({
  shape,
  schedule,
  denoiser: gaussianDenoiser({ mean: [0, 1, -1, 0.5], covariance: [1, 0.5, 2, 0.1], schedule }),
});
const vp = of(cosineSchedule());
const flow = of(rectifiedFlowSchedule());

const solvers: [Solver, typeof vp, boolean][] = [
  [ddim(), vp, false],
  [ddim({ eta: 1 }), flow, true],
  [ddpm(), vp, true],
  [ddpm({ variance: 'large' }), vp, true],
  [euler(), vp, false],
  [heun(), vp, false],
  [dpmpp2m(), vp, false],
  [flowOde(), flow, false],
  [flowSde(), flow, true],
  [flowSde({ scheme: 'euler-maruyama' }), flow, true],
];
for (const [solver, setting, random] of solvers)
  controlContract({ name: solver.name, controls: () => [], solver, random, ...setting });

controlContract({ name: 'clampEstimate', controls: () => [clampEstimate({ low: -1, high: 1 })], ...vp });

const jitter: Control<Array64> = {
  name: 'jitter',
  state: (x, { key }) => ({
    ...x,
    data: x.data.map((each, i) => each + 0.01 * normal(key, x.data.length)[i]!),
  }),
};
controlContract({ name: 'a control that draws', controls: () => [jitter], random: true, ...vp });

methodContract(
  methodCase({
    name: 'sample, in tensors',
    input: () => ({
      init: tf.tensor2d([
        [0.3, -1, 2, 0.1],
        [1, 1, 0, -2],
      ]),
    }),
    run: ({ init }, { key, signal, onStep }) => {
      const denoiser = gaussianDenoiser({
        mean: [0, 1, -1, 0.5],
        covariance: 0.5,
        space: tensorSpace,
        ...vp,
      });
      const push: Control = { name: 'push', noise: 'recompute', estimate: (x0) => tf.mul(x0, 0.9) };
      return sample(denoiser, {
        schedule: vp.schedule,
        steps: 4,
        init,
        key,
        signal,
        onStep,
        controls: [push],
      });
    },
    numbers: ({ samples }) => samples,
    dispose: ({ samples }) => samples.dispose(),
    random: false,
    withNaN: ({ init }) => ({ init: tf.tidy(() => tf.add(init, tf.tensor1d([0, Number.NaN, 0, 0]))) }),
    empty: () => ({ init: tf.zeros([0, 4]) }),
    single: () => ({ init: tf.tensor2d([[1, 2, 3, 4]]) }),
    abort: true,
    saved: notApplicable('a sample is a plain tensor'),
    batch: {
      members: ({ init }) =>
        [0, 1].map((row) => ({
          init: tf.tensor2d([Array.from(init.dataSync().slice(4 * row, 4 * row + 4))]),
        })),
      rtol: 1e-5,
      atol: 1e-6,
    },
  }),
);
