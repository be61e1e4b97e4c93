import { disposeTree, engine, grad, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import {
  countWeights,
  fluxDev,
  fluxSchnell,
  fluxTransformer,
  loadWeights,
  saveWeights,
  tokenPlaces,
  type FluxCondition,
  type FluxConfig,
} from '@lab/models/flow-transformer';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { drawnTensor, drawnWeights } from './drawn';

await engine({ prefer: 'wasm' });

interface Run {
  readonly output: number[][][];
  readonly gradient: number[][][];
  readonly text_gradient: number[][][];
}
interface Golden {
  readonly flux_config: FluxConfig;
  readonly flux: { readonly guided: Run; readonly plain: Run };
  readonly counts: { readonly dev: number; readonly schnell: number };
}
const golden = loadGolden<Golden>(import.meta.dirname, 'flow-transformer');
const close = { rtol: 1e-4, atol: 1e-4 };
const guided = { ...golden.flux_config, guidance_embeds: true };

const conditionOf = (guidance?: readonly number[]): FluxCondition => ({
  text: drawnTensor(12, [2, 5, 10]),
  pooled: drawnTensor(13, [2, 6]),
  places: tokenPlaces({ height: 4, width: 6 }),
  ...(guidance && { guidance: tf.tensor1d([...guidance]) }),
});

describe.each([
  { name: 'guided', config: guided, guidance: [0, 3.5] },
  { name: 'plain', config: golden.flux_config, guidance: undefined },
] as const)('a $name network', ({ name, config, guidance }) => {
  const flux = fluxTransformer(config);

  test('velocity and gradients in tokens and text equal those of diffusers', () =>
    expectNoLeak(() => {
      const params = loadWeights(flux, drawnWeights(flux));
      const [tokens, times] = [drawnTensor(11, [2, 6, 12]), tf.tensor1d([0.25, 0.9])];
      const condition = conditionOf(guidance);
      const y = tf.tidy(() => flux.apply(params, tokens, times, condition));
      const run = golden.flux[name];
      expect(y).toBeAllclose(run.output, close);
      const gradients = grad(({ x, text }: { x: Tensor; text: Tensor }) =>
        tf.sum(tf.sin(flux.apply(params, x, times, { ...condition, text }))),
      )({ x: tokens, text: condition.text });
      expect(gradients.x).toBeAllclose(run.gradient, close);
      expect(gradients.text).toBeAllclose(run.text_gradient, close);
      disposeTree([params, tokens, times, condition, y, gradients]);
    }));

  test('compiled, it gives the same', () =>
    expectNoLeak(() => {
      const params = loadWeights(flux, drawnWeights(flux));
      const [tokens, times] = [drawnTensor(11, [2, 6, 12]), tf.tensor1d([0.25, 0.9])];
      const condition = conditionOf(guidance);
      const compiled = compile((x: Tensor, t: Tensor, c: FluxCondition) => flux.apply(params, x, t, c));
      const y = compiled(tokens, times, condition);
      expect(y).toBeAllclose(golden.flux[name].output, close);
      compiled.dispose();
      disposeTree([params, tokens, times, condition, y]);
    }));
});

test('one text serves a whole batch', () =>
  expectNoLeak(() => {
    const flux = fluxTransformer(golden.flux_config);
    const params = flux.init(key(0));
    const [tokens, times] = [drawnTensor(11, [2, 6, 12]), tf.tensor1d([0.25, 0.9])];
    const condition = conditionOf();
    const [one, two] = tidyTree(() => {
      const text = tf.slice(condition.text, [0, 0, 0], [1, 5, 10]);
      const pooled = tf.slice(condition.pooled, [0, 0], [1, 6]);
      const twice = { text: tf.tile(text, [2, 1, 1]), pooled: tf.tile(pooled, [2, 1]) };
      return [{ text, pooled }, twice].map((told) =>
        flux.apply(params, tokens, times, { ...condition, ...told }),
      ) as [Tensor, Tensor];
    });
    expect(one).toBeAllclose(two, { rtol: 0, atol: 1e-6 });
    disposeTree([params, tokens, times, condition, one, two]);
  }));

test('the published sizes have as many parameters as in diffusers', () => {
  expect(countWeights(fluxTransformer(fluxDev).weights)).toBe(golden.counts.dev);
  expect(golden.counts.dev).toBe(11_901_408_320);
  expect(countWeights(fluxTransformer(fluxSchnell).weights)).toBe(golden.counts.schnell);
});

test('weights go to a file and back; what is missing is named', () =>
  expectNoLeak(async () => {
    const flux = fluxTransformer(guided);
    const params = flux.init(key(1));
    const arrays = await saveWeights(flux, params);
    const again = loadWeights(flux, writeSafetensors(arrays));
    expect(await saveWeights(flux, again)).toEqual(arrays);
    disposeTree([params, again]);
    const { 'single_transformer_blocks.1.proj_mlp.weight': _, ...rest } = arrays;
    expect(() => loadWeights(flux, rest)).toThrow(/missing.*single_transformer_blocks\.1\.proj_mlp\.weight/);
  }));

test('what does not fit is refused with the way out', () =>
  expectNoLeak(() => {
    expect(() => fluxTransformer({ axes_dims_rope: [16, 56, 54] })).toThrow(/sum 128/);
    expect(() => fluxTransformer({ num_layers: -1 })).toThrow(/num_layers is a whole number from 0/);
    expect(() => fluxTransformer({ ...({ patch_size: 2 } as object) })).toThrow(/only patch_size 1/);
    const flux = fluxTransformer(golden.flux_config);
    const params = flux.init(key(0));
    const [tokens, latents, times] = [
      drawnTensor(11, [2, 6, 12]),
      drawnTensor(1, [2, 4, 6, 3]),
      tf.tensor1d([0.25, 0.9]),
    ];
    const condition = conditionOf();
    const apply = (x: Tensor, c: FluxCondition | undefined) => () =>
      tf.tidy(() => flux.apply(params, x, times, c));
    expect(apply(latents, condition)).toThrow(/packLatents/);
    expect(apply(tokens, undefined)).toThrow(/embeddings of ''/);
    expect(apply(tokens, { ...condition, pooled: condition.text })).toThrow(/pooled has another shape/);
    expect(apply(tokens, { ...condition, places: condition.pooled })).toThrow(/places has another shape/);
    expect(apply(tokens, { ...condition, guidance: times })).toThrow(/no guidance input/);
    const asking = fluxTransformer(guided);
    const more = asking.init(key(0));
    expect(() => tf.tidy(() => asking.apply(more, tokens, times, condition))).toThrow(/3\.5 is usual/);
    disposeTree([params, more, tokens, latents, times, condition]);
  }));
