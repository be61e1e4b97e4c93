import { expect, test } from 'vitest';
import { cosineSchedule, float64Space, type Denoiser } from '@lab/diffusion-core';
import { foldIn, key, uniform64 } from '@lab/tensor-core/random';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import {
  ddimEdit,
  ddimInversion,
  deltaDenoising,
  editFriendlyEdit,
  editFriendlyInversion,
  instructGuidance,
  negativePromptInversion,
  nullTextEdit,
  nullTextInversion,
  type EmbeddedNetwork,
} from '../src';
import { column, normalFlow, schedule } from './support/gaussian';

/** The exact flow of N(c, 1) data, c being the condition. */
const conditional: Denoiser<Array64, number> = {
  predicts: 'sample',
  space: float64Space,
  predict: (x, t, c = 0) => normalFlow(c).predict(x, t),
};

// For N(c, 1) data the noise estimate at level t is t (x - (1 - t) c) / v, v = (1 - t)^2 + t^2, so that a step takes
// s t (1 - t) / v of what is missing of the edit, whatever the noise.
test('delta denoising closes in on the difference of the means as its closed form does', async () => {
  const [steps, stepSize, seed] = [60, 0.7, key(5)];
  const conditions = { sourceCondition: 1, targetCondition: 4 };
  const { image, modelCalls } = await deltaDenoising(conditional, column(1.3, -2), {
    ...{ schedule, steps, stepSize, key: seed },
    ...conditions,
  });
  let missing = 3;
  for (let index = 0; index < steps; index++) {
    const t = 0.02 + 0.96 * uniform64(foldIn(foldIn(seed, index), 0), 1)[0]!;
    missing *= 1 - (stepSize * t * (1 - t)) / ((1 - t) ** 2 + t ** 2);
  }
  expect(image.data).toBeAllclose([4.3 - missing, 1 - missing], { atol: 1e-9 });
  expect(modelCalls).toBe(120);
  await expect(deltaDenoising(conditional, column(1), { schedule, stepSize: 0, key: seed })).rejects.toThrow(
    /stepSize/,
  );
});

test('edit-friendly noises return the image under its condition, and move it under another', async () => {
  const image = column(1.3, -0.4);
  const run = { schedule, steps: 20, key: key(1) };
  const inversion = await editFriendlyInversion(conditional, image, { ...run, condition: 1 });
  expect(inversion.noises).toHaveLength(20);
  for (const startStep of [0, 7, 19]) {
    const same = await editFriendlyEdit(conditional, inversion, { schedule, condition: 1, startStep });
    expect(same.image).toBeAllclose(image, { atol: 1e-9 });
  }
  // Every step is affine in state and condition alike for both rows: they move by the same amount.
  const all = await editFriendlyEdit(conditional, inversion, { schedule, condition: 4 });
  const some = await editFriendlyEdit(conditional, inversion, { schedule, condition: 4, startStep: 10 });
  const moved = [all, some].map(({ image: edit }) => edit.data[0]! - image.data[0]!);
  expect(all.image.data[1]! - image.data[1]!).toBeAllclose(moved[0]!, { atol: 1e-9 });
  // From pure noise the law of the samples is N(4, 1) instead of N(1, 1).
  expect(moved[0]).toBeAllclose(3, { atol: 1e-6 });
  expect(moved[1]).toBeGreaterThan(0.1);
  expect(moved[1]).toBeLessThan(moved[0]!);
});

test('negative-prompt inversion under its own prompt is DDIM at guidance 1', async () => {
  const run = { schedule, steps: 12 };
  const prompts = { sourceCondition: 1, targetCondition: 1 };
  const same = await negativePromptInversion(conditional, column(1.3), { ...run, ...prompts });
  const inversion = await ddimInversion(conditional, column(1.3), { ...run, condition: 1 });
  const plain = await ddimEdit(conditional, inversion, { schedule, condition: 1 });
  expect(same.image).toBeAllclose(plain.image, { atol: 1e-12 });
  const moved = await negativePromptInversion(conditional, column(1.3), {
    ...run,
    ...prompts,
    targetCondition: 2,
  });
  expect(moved.image.data[0]).toBeGreaterThan(1.3 + 1);
});

test('the guidance of InstructPix2Pix, by hand', async () => {
  type Given = { readonly image: number; readonly text: number };
  const linear: Denoiser<Array64, Given> = {
    predicts: 'epsilon',
    space: float64Space,
    predict: (x, _t, given = { image: 0, text: 0 }) => column(x.data[0]! + given.image + 10 * given.text),
  };
  const guided = instructGuidance(linear, {
    withoutBoth: () => undefined,
    imageOnly: ({ image }) => ({ image, text: 0 }),
  });
  // 1 + 1.5 * 2 + 7.5 * 30
  const { data } = await guided.predict(column(1), 0.5, { image: 2, text: 3 });
  expect(data[0]).toBeAllclose(1 + 1.5 * 2 + 7.5 * 30, { rtol: 1e-12 });
  await expect(guided.predict(column(1), 0.5)).rejects.toThrow(/instruction/);
});

test('null-text inversion returns the image at a guidance that DDIM does not bear', async () => {
  await engine();
  const vp = cosineSchedule();
  // Exact for N(c, 1) data, c the embedding: v = alpha E[noise] - sigma E[x_0] = -sigma c, whatever the state.
  const network: EmbeddedNetwork = {
    predicts: 'v',
    predict: (x, t, c) => tf.sub(tf.mul(x, 0), tf.mul(c, vp.sigma(t))),
  };
  const [image, source, unconditional, target] = [[1.3], [1], [0], [1.5]].map((row) =>
    tf.tensor2d([row]),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const given = { schedule: vp, source, unconditional, steps: 10, scale: 4 };
  const back = async (innerSteps: number): Promise<number> => {
    const inversion = await nullTextInversion(network, image, { ...given, innerSteps });
    const edited = await nullTextEdit(network, inversion, { schedule: vp, target: source });
    const [value] = await edited.image.data();
    edited.image.dispose();
    inversion.dispose();
    return Math.abs(value! - 1.3);
  };
  const [optimised, plain] = [await back(200), await back(0)];
  expect(plain).toBeGreaterThan(0.5);
  expect(optimised).toBeLessThan(0.1 * plain);
  await expectNoLeak(async () => back(3));
  const inversion = await nullTextInversion(network, image, { ...given, innerSteps: 200 });
  const edited = await nullTextEdit(network, inversion, { schedule: vp, target });
  expect((await edited.image.data())[0]).toBeGreaterThan(1.3 + 0.5);
});
