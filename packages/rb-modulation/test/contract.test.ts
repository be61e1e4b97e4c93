import { sample, type Control, type SampleOptions } from '@lab/diffusion-core';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { methodCase, notApplicable, paperContract, type AnyMethodCase } from '@lab/testing';
import { beforeAll } from 'vitest';
import { exactSocSample, freeDom, linearCost, linearTensorCost, mpgd, proximalSoc } from '../src';
import { firstIs, gaussian, schedule, tensorGaussian } from './support/gaussian';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

const values = [0.4, -1.2, 0.9, 0.1, -0.3, 2];
const broken = values.map((value, i) => (i === 2 ? NaN : value));

function hostCase(name: string, control: () => Control<Array64>): AnyMethodCase {
  const of = (data: readonly number[]): Array64 => ({
    shape: [data.length / 2, 2],
    data: Float64Array.from(data),
  });
  return methodCase<Array64, Array64>({
    name,
    input: () => of(values),
    run: async (init, { key, signal, onStep }) =>
      (await sample(gaussian, { schedule, steps: 5, init, key, signal, onStep, controls: [control()] }))
        .samples,
    numbers: (samples) => samples,
    random: false,
    withNaN: () => of(broken),
    empty: () => of([]),
    single: () => of(values.slice(0, 2)),
    abort: true,
    saved: notApplicable('samples are plain numbers'),
    batch: { members: () => [0, 2, 4].map((at) => of(values.slice(at, at + 2))), rtol: 1e-12, atol: 1e-12 },
  });
}

type Run = Required<Pick<SampleOptions<Tensor>, 'init' | 'key'>> &
  Pick<SampleOptions<Tensor>, 'signal' | 'onStep'>;

function tensorCase(name: string, run: (options: Run) => Promise<Tensor>): AnyMethodCase {
  const of = (data: readonly number[]): Tensor => tf.tensor2d(Float32Array.from(data), [data.length / 2, 2]);
  return methodCase<Tensor, Tensor>({
    name,
    input: () => of(values),
    run: (init, { key, signal, onStep }) => run({ init, key, signal, onStep }),
    numbers: (samples) => samples,
    dispose: (samples) => samples.dispose(),
    random: false,
    withNaN: () => of(broken),
    empty: () => of([]),
    single: () => of(values.slice(0, 2)),
    abort: true,
    saved: notApplicable('samples are plain numbers'),
    batch: { members: () => [0, 2, 4].map((at) => of(values.slice(at, at + 2))), rtol: 1e-5, atol: 1e-5 },
  });
}

const controlled =
  (control: () => Control) =>
  async (options: Run): Promise<Tensor> =>
    (await sample(tensorGaussian, { schedule, steps: 5, ...options, controls: [control()] })).samples;

paperContract(import.meta.dirname, {
  methods: [
    hostCase('proximalSoc', () => proximalSoc(linearCost(firstIs))),
    hostCase('proximalSoc as the paper prints it', () =>
      proximalSoc(linearCost(firstIs), { preset: 'paper' }),
    ),
    hostCase('proximalSoc as released', () => proximalSoc(linearCost(firstIs), { preset: 'official' })),
    hostCase('mpgd', () => mpgd(linearCost(firstIs), { eta: 0.2 })),
    tensorCase(
      'proximalSoc on tensors',
      controlled(() => proximalSoc(linearTensorCost(firstIs))),
    ),
    tensorCase(
      'exactSocSample',
      async (options) =>
        (
          await exactSocSample(tensorGaussian, {
            cost: linearTensorCost(firstIs),
            warmStart: true,
            sampling: { schedule, steps: 5, ...options },
          })
        ).samples,
    ),
    tensorCase(
      'freeDom',
      controlled(() => freeDom(linearTensorCost(firstIs), { weight: 0.2 })),
    ),
  ],
});
