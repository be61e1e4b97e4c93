import { float64Space, rectifiedFlowSchedule, resolutionShift, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { loadGolden } from '@lab/testing';
import { expect, test } from 'vitest';
import { editFlow, imageIds, invertFlow, packLatents } from '../src';

interface Pipeline {
  readonly steps: number;
  readonly mu: number;
  readonly shape: number[];
  readonly sigmas: number[];
  readonly up: number[][];
  readonly down: number[][];
  readonly prompt: number[];
  readonly y0: number[];
  readonly y1: number[];
  readonly runs: {
    readonly gamma: number;
    readonly noise: number[];
    readonly edits: { eta: number; start: number; stop: number; decay: boolean; image: number[] }[];
  }[];
  readonly packing: { shape: number[]; latents: number[]; packed: number[]; ids: number[] };
}

const golden = loadGolden<Pipeline>(import.meta.dirname, 'pipeline');
const state = (data: number[], shape = golden.shape): Array64 => ({ shape, data: Float64Array.from(data) });

const network: Denoiser<Array64, number[]> = {
  predicts: 'velocity',
  space: float64Space,
  predict({ shape, data }, t, condition = []) {
    const { up, down } = golden;
    const width = down[0]!.length;
    const out = new Float64Array(data.length);
    for (let row = 0; row < data.length; row += width) {
      const active = up[0]!.map((_, h) => {
        let sum = t * up[width]![h]!;
        for (let k = 0; k < width; k++) sum += data[row + k]! * up[k]![h]!;
        return Math.tanh(sum);
      });
      for (let k = 0; k < width; k++)
        out[row + k] = active.reduce((sum, each, h) => sum + each * down[h]![k]!, condition[k] ?? 0);
    }
    return { shape, data: out };
  },
};

test('the grid and its shift are those of diffusers', () => {
  expect(Math.log(resolutionShift(1024))).toBeAllclose(golden.mu, { atol: 1e-9 });
  const times = rectifiedFlowSchedule({ shift: resolutionShift(1024) }).times(golden.steps);
  // Its scheduler works in single precision.
  expect(times).toBeAllclose(golden.sigmas, { atol: 1e-7, rtol: 0 });
});

test.each(golden.runs)(
  'parity: inversion at gamma $gamma, and edits from it, are the pipeline',
  async (run) => {
    const options = { times: golden.sigmas, target: state(golden.y1), parity: 'diffusers' } as const;
    const inversion = await invertFlow(network, state(golden.y0), { ...options, gamma: run.gamma });
    expect(inversion.noise).toBeAllclose(state(run.noise), { atol: 1e-7, rtol: 0 });
    for (const { eta, start, stop, decay, image } of run.edits) {
      const pull = { kind: decay ? 'decay' : 'constant', value: eta, start, stop } as const;
      const edited = await editFlow(network, inversion, { condition: golden.prompt, eta: pull });
      expect(edited.image).toBeAllclose(state(image), { atol: 1e-7, rtol: 0 });
    }
  },
);

test('latents are packed, and their places numbered, as in diffusers', () => {
  const { shape, latents, packed, ids } = golden.packing;
  expect(Array.from(packLatents(state(latents, shape)).data)).toEqual(packed);
  expect(Array.from(imageIds(2, 3))).toEqual(ids);
});
