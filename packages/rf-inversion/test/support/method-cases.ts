import { flowSde } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { methodCase, notApplicable, type AnyMethodCase, type MethodRun } from '@lab/testing';
import {
  ddimEdit,
  ddimInversion,
  deltaDenoising,
  editFriendlyEdit,
  editFriendlyInversion,
  editFlow,
  flowEdit,
  invertFlow,
  negativePromptInversion,
  odeInversion,
  sdEdit,
  type EditFlowOptions,
  type InvertFlowOptions,
} from '../../src';
import { schedule } from './gaussian';
import { draw, randomFlow } from './random-flow';

const [count, size] = [3, 4];
const denoiser = randomFlow(size, 5);

interface Input {
  readonly image: Array64;
  readonly noise: Array64;
}

const rows = ({ data }: Array64, from: number, to: number): Array64 => ({
  shape: [to - from, size],
  data: data.slice(from * size, to * size),
});
const part = (from: number, to: number): Input => ({
  image: rows(draw(1, [count, size]), from, to),
  noise: rows(draw(2, [count, size]), from, to),
});

interface CaseOptions {
  readonly random?: boolean;
}

function imageCase(
  name: string,
  run: (input: Input, run: MethodRun) => Promise<Array64>,
  { random = false }: CaseOptions = {},
): AnyMethodCase {
  return methodCase<Input, Array64>({
    name,
    input: () => part(0, count),
    run,
    numbers: (image) => image,
    random,
    withNaN: ({ image, noise }) => ({
      noise,
      image: { ...image, data: image.data.map((each, i) => (i === 2 ? NaN : each)) },
    }),
    empty: () => part(0, 0),
    single: () => part(0, 1),
    abort: true,
    saved: notApplicable('images and noises are plain numbers'),
    batch: random
      ? notApplicable('the images of a batch share one stream of draws')
      : { members: () => [0, 1, 2].map((b) => part(b, b + 1)), rtol: 1e-12, atol: 1e-12 },
  });
}

/** Both halves; the contract's abort reaches either of them. */
const whole = (
  name: string,
  forward: Partial<InvertFlowOptions<Array64, unknown>>,
  backward: Partial<EditFlowOptions<Array64, unknown>>,
  options: CaseOptions & { readonly drawn?: boolean } = {},
): AnyMethodCase =>
  imageCase(
    name,
    async ({ image, noise }, { key, signal, onStep }) => {
      const target = options.drawn === true ? { key } : { target: noise };
      const inversion = await invertFlow(denoiser, image, {
        steps: 5,
        signal,
        onStep,
        ...target,
        ...forward,
      });
      return (await editFlow(denoiser, inversion, { key, signal, onStep, ...backward })).image;
    },
    options,
  );

export const methodCases: readonly AnyMethodCase[] = [
  whole('invertFlow and editFlow', {}, {}),
  whole('with noise drawn from a key', {}, {}, { random: true, drawn: true }),
  whole('of second order', { solver: 'midpoint' }, { solver: 'fireflow' }),
  whole('by the SDE of the paper', {}, { sdeVariant: 'paper' }, { random: true }),
  whole('by the SDE of the released code', {}, { sdeVariant: 'reference' }, { random: true }),
  whole('by the ancestral sampler', {}, { solver: flowSde() }, { random: true }),
  imageCase('odeInversion', async ({ image }, { signal, onStep }) => {
    return (await odeInversion(denoiser, image, { steps: 5, signal, onStep })).noise;
  }),
  imageCase('sdEdit', async ({ image, noise }, { signal, onStep }) => {
    return (await sdEdit(denoiser, image, { steps: 5, startStep: 1, noise, signal, onStep })).image;
  }),
  imageCase('ddimInversion and ddimEdit', async ({ image }, { signal, onStep }) => {
    const inversion = await ddimInversion(denoiser, image, { schedule, steps: 5, signal, onStep });
    return (await ddimEdit(denoiser, inversion, { schedule, signal })).image;
  }),
  imageCase(
    'flowEdit',
    async ({ image }, { key, signal, onStep }) => {
      const source = randomFlow(size, 6);
      return (await flowEdit(denoiser, image, { steps: 5, source, key, signal, onStep })).image;
    },
    { random: true },
  ),
  imageCase(
    'deltaDenoising',
    async ({ image }, { key, signal, onStep }) => {
      const source = randomFlow(size, 6);
      return (await deltaDenoising(denoiser, image, { schedule, steps: 5, source, key, signal, onStep }))
        .image;
    },
    { random: true },
  ),
  imageCase(
    'editFriendlyInversion and editFriendlyEdit',
    async ({ image }, { key, signal, onStep }) => {
      const run = { schedule, steps: 5, key, signal, onStep };
      const inversion = await editFriendlyInversion(denoiser, image, run);
      return (await editFriendlyEdit(randomFlow(size, 6), inversion, { schedule, signal })).image;
    },
    { random: true },
  ),
  imageCase('negativePromptInversion', async ({ image }, { signal, onStep }) => {
    const prompts = { sourceCondition: 0, targetCondition: 1 };
    const run = { schedule, steps: 5, signal, onStep, ...prompts };
    return (await negativePromptInversion(denoiser, image, run)).image;
  }),
];
