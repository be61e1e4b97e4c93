import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { networkDenoiser, rectifiedFlowSchedule, resolutionShift, type Denoiser } from '@lab/diffusion-core';
import {
  fluxTransformer,
  loadWeights,
  tokenPlaces,
  type FluxCondition,
  type FluxConfig,
  type NetworkParams,
} from '@lab/models/flow-transformer';
import { disposeTree, engine, tf, toTensor, type Tensor } from '@lab/tensor-core';
import { readSafetensors, type HostArray } from '@lab/tensor-core/io';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { editFlow, invertFlow, type GainSchedule } from '../src';

/** The pipeline's own names. */
interface PipelineEdit {
  readonly eta: number;
  readonly start_timestep: number;
  readonly stop_timestep: number;
  readonly decay_eta?: boolean;
  readonly eta_decay_power?: number;
}
interface Pipeline {
  readonly config: FluxConfig;
  readonly tokens: number;
  readonly sides: [number, number];
  readonly runs: { steps: number; gamma: number; sigmas: number[]; edits: PipelineEdit[] }[];
}

const golden = loadGolden<Pipeline>(import.meta.dirname, 'pipeline');
const { tensors: arrays } = readSafetensors(
  readFileSync(join(import.meta.dirname, 'golden', 'pipeline.safetensors')),
);
// 3e-5 was measured: both sides take sines of a thousand times the noise level in single precision.
const close = { rtol: 0, atol: 1e-4 };
const runs = golden.runs.map((run, index) => ({ ...run, index }));

let denoiser: Denoiser<Tensor, FluxCondition>;
let params: NetworkParams;
let prompts: Record<'none' | 'edit', FluxCondition>;

const read = (name: string) => arrays[name]! as HostArray<'float32'>;

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  const flux = fluxTransformer(golden.config);
  const weights = Object.entries(arrays)
    .filter(([name]) => name.startsWith('transformer.'))
    .map(([name, array]) => [name.slice('transformer.'.length), array]);
  params = loadWeights(flux, Object.fromEntries(weights) as Record<string, HostArray>);
  denoiser = networkDenoiser(flux, params, { predicts: 'velocity' });
  const prompt = (name: string, guidance: number): FluxCondition => ({
    text: toTensor(read(`prompt.${name}.text`)),
    pooled: toTensor(read(`prompt.${name}.pooled`)),
    places: tokenPlaces({ height: golden.sides[0], width: golden.sides[1] }),
    guidance: tf.tensor1d([guidance]),
  });
  prompts = { none: prompt('none', 0), edit: prompt('edit', 3.5) };
});
afterAll(() => {
  denoiser.dispose?.();
  disposeTree([params, prompts]);
});

test.each(runs)('the grid of $steps steps is the one the pipeline asks for', ({ steps, sigmas }) => {
  const times = rectifiedFlowSchedule({ shift: resolutionShift(golden.tokens) }).times(steps);
  // Its scheduler works in single precision.
  expect(times).toBeAllclose(sigmas, { atol: 1e-7, rtol: 0 });
});

test('tokens stand where the pipeline puts them', () =>
  expectNoLeak(() => {
    expect(prompts.none.places).toBeAllclose(read('places'));
  }));

test.each(runs)(
  'parity: inversion at gamma $gamma in $steps steps, and edits from it, are the pipeline',
  ({ index, gamma, sigmas, edits }) =>
    expectNoLeak(async () => {
      const [image, target] = [toTensor(read('image')), toTensor(read('noise'))];
      const given = { times: sigmas, target, gamma, condition: prompts.none };
      const inversion = await invertFlow(denoiser, image, { ...given, parity: 'diffusers' });
      expect(inversion.noise).toBeAllclose(read(`run.${index}.inverted`), close);
      for (const [number, edit] of edits.entries()) {
        const eta: GainSchedule = {
          kind: edit.decay_eta ? 'decay' : 'constant',
          value: edit.eta,
          power: edit.eta_decay_power ?? 1,
          startFraction: edit.start_timestep,
          stopFraction: edit.stop_timestep,
        };
        const edited = await editFlow(denoiser, inversion, { condition: prompts.edit, eta });
        expect(edited.image).toBeAllclose(read(`run.${index}.edit.${number}`), close);
        edited.image.dispose();
      }
      inversion.dispose();
      disposeTree([image, target]);
    }),
);

test('without parity the inversion of the same image is another, the one that ends at its target', () =>
  expectNoLeak(async () => {
    const run = runs.find(({ gamma }) => gamma === 1)!;
    const [image, target] = [toTensor(read('image')), toTensor(read('noise'))];
    const given = { times: run.sigmas, target, gamma: 1, condition: prompts.none };
    const inversion = await invertFlow(denoiser, image, given);
    expect(inversion.noise).toBeAllclose(target, close);
    const theirs = toTensor(read(`run.${run.index}.inverted`));
    const gap = tf.tidy(() => tf.max(tf.abs(tf.sub(theirs, target))).dataSync()[0]);
    expect(gap).toBeGreaterThan(0.01);
    inversion.dispose();
    disposeTree([image, target, theirs]);
  }));
