import { disposeTree, engine, grad, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { writeSafetensors } from '@lab/tensor-core/io';
import {
  clip,
  clipBase,
  clipDeviation,
  clipLarge,
  clipMean,
  clipPixels,
  clipText,
  clipVision,
  countWeights,
  csd,
  loadCsd,
  loadWeights,
  saveWeights,
  type ClipConfig,
} from '@lab/models/clip';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { drawnTensor, drawnWeights, goldenArrays } from './drawn';

await engine({ prefer: 'wasm' });

interface Description {
  readonly text: ClipConfig['text_config'];
  readonly vision: ClipConfig['vision_config'];
  readonly projection: number;
  readonly ids: number[][];
  readonly mask: number[][];
  readonly counts: Record<string, number>;
}
const described = loadGolden<Description>(import.meta.dirname, 'clip');
const golden = goldenArrays('clip');
const close = { rtol: 1e-4, atol: 1e-4 };

const configOf = (hidden_act: 'quick_gelu' | 'gelu', eos_token_id: number): ClipConfig => ({
  text_config: { ...described.text, hidden_act, eos_token_id },
  vision_config: { ...described.vision, hidden_act },
  projection_dim: described.projection,
});
const pixelsOf = () => drawnTensor(1000, [2, 12, 12, 3]);
const textsOf = () => ({
  ids: tf.tensor2d(described.ids, undefined, 'int32'),
  mask: tf.tensor2d(described.mask, undefined, 'int32'),
});
const rows = (x: Tensor): Tensor => tf.div(x, tf.norm(x, 2, 1, true));

describe.each([
  ['quick', configOf('quick_gelu', 49)],
  ['gelu', configOf('gelu', 2)],
] as const)('equal to transformers with %s', (name, config) => {
  test('every hidden state, embeddings, logits, and the gradient in the pixels', () =>
    expectNoLeak(() => {
      const network = clip(config);
      const params = loadWeights(network, drawnWeights(network));
      const [pixels, texts] = [pixelsOf(), textsOf()];
      const out = tidyTree(() => network.apply(params, { pixels, ...texts }));
      for (const side of ['text', 'image'] as const) {
        expect(out[side].hidden).toHaveLength(3);
        out[side].hidden.forEach((state, i) =>
          expect(state, `${side} ${i}`).toBeAllclose(golden(`${name}/${side}/hidden/${i}`), close),
        );
        expect(out[side].pooled).toBeAllclose(golden(`${name}/${side}/pooled`), close);
        expect(out[side].embeds).toBeAllclose(golden(`${name}/${side}/projected`), close);
        const embeds = tf.tidy(() => rows(out[side].embeds));
        expect(embeds).toBeAllclose(golden(`${name}/${side}/embeds`), close);
        embeds.dispose();
      }
      expect(out.text.last).toBeAllclose(golden(`${name}/text/last`), close);
      expect(out.logits).toBeAllclose(golden(`${name}/logits`), close);
      const unmasked = tf.tidy(() => rows(network.apply(params, { pixels, ids: texts.ids }).text.embeds));
      expect(unmasked).toBeAllclose(golden(`${name}/text/unmasked`), close);
      const gradient = grad((x: Tensor) =>
        tf.sum(tf.sin(network.apply(params, { pixels: x, ...texts }).logits)),
      )(pixels);
      expect(gradient).toBeAllclose(golden(`${name}/gradient`), close);
      disposeTree([params, pixels, texts, out, unmasked, gradient]);
    }));
});

describe('towers alone', () => {
  const config = configOf('quick_gelu', 49);
  const whole = drawnWeights(clip(config));

  test('take the file of the whole, and say the same', () =>
    expectNoLeak(() => {
      const [vision, text] = [clipVision(config), clipText(config)];
      const params = [loadWeights(vision, whole), loadWeights(text, whole)] as const;
      const [pixels, texts] = [pixelsOf(), textsOf()];
      const out = tidyTree(() => [
        rows(vision.apply(params[0], pixels).embeds),
        rows(text.apply(params[1], texts).embeds),
      ]);
      expect(out[0]!).toBeAllclose(golden('quick/image/embeds'), close);
      expect(out[1]!).toBeAllclose(golden('quick/text/embeds'), close);
      const compiled = compile((x: Tensor) => vision.apply(params[0], x).embeds, { threads: 1 });
      const embeds = compiled(pixels);
      const expected = tf.tidy(() => vision.apply(params[0], pixels).embeds);
      expect(embeds).toBeAllclose(expected, close);
      compiled.dispose();
      disposeTree([params, pixels, texts, out, embeds, expected]);
    }));

  test('are saved under the names that they came from', () =>
    expectNoLeak(async () => {
      const network = clip(config);
      const params = loadWeights(network, whole);
      const saved = await saveWeights(network, params);
      expect(Object.keys(saved).sort()).toEqual(Object.keys(whole).sort());
      for (const [name, array] of Object.entries(saved)) expect(array, name).toBeAllclose(whole[name]!);
      disposeTree(params);
    }));

  test('what does not fit is refused', () =>
    expectNoLeak(() => {
      const vision = clipVision(config);
      const params = loadWeights(vision, whole);
      const wrong = tf.zeros([1, 16, 16, 3]);
      expect(() => vision.apply(params, wrong)).toThrow(/12.*clipPixels/s);
      const text = clipText(config);
      const textParams = loadWeights(text, whole);
      const long = tf.zeros([1, 13], 'int32');
      expect(() => text.apply(textParams, { ids: long })).toThrow(/12 at most/);
      expect(() => text.apply(textParams, { ids: long, mask: wrong })).toThrow(/clip/);
      disposeTree([params, textParams, wrong, long]);
      expect(() =>
        clipVision({ ...config, vision_config: { ...config.vision_config, patch_size: 5 } }),
      ).toThrow(/divide image_size/);
      const act = { ...config.vision_config, hidden_act: 'relu' as never };
      expect(() => clipVision({ ...config, vision_config: act })).toThrow(/quick_gelu/);
      expect(() => clip({ ...config, text_config: { ...config.text_config, hidden_size: 21 } })).toThrow(
        /num_attention_heads/,
      );
      expect(() => clip({ ...config, text_config: { ...config.text_config, vocab_size: 0 } })).toThrow(
        /vocab_size/,
      );
    }));
});

test('CSD: style and content heads on a tower under the names of OpenAI equal those in PyTorch', () =>
  expectNoLeak(async () => {
    const network = csd({ vision: described.vision, outputs: described.projection });
    const weights = drawnWeights(network);
    const params = loadCsd(network, weights);
    const pixels = pixelsOf();
    const out = tidyTree(() => network.apply(params, pixels));
    expect(out.pooled).toBeAllclose(golden('csd/features'), close);
    expect(out.style).toBeAllclose(golden('csd/style'), close);
    expect(out.content).toBeAllclose(golden('csd/content'), close);
    const gradient = grad((x: Tensor) => {
      const { style, content } = network.apply(params, x);
      return tf.add(tf.sum(tf.sin(style)), tf.sum(tf.cos(content)));
    })(pixels);
    expect(gradient).toBeAllclose(golden('csd/gradient'), close);
    const saved = await saveWeights(network, params);
    for (const [name, array] of Object.entries(weights)) expect(saved[name], name).toBeAllclose(array);
    const prefixed = Object.fromEntries(Object.entries(saved).map(([name, x]) => [`module.${name}`, x]));
    const again = loadCsd(network, writeSafetensors(prefixed));
    const style = tf.tidy(() => network.apply(again, pixels).style);
    expect(style).toBeAllclose(golden('csd/style'), close);
    disposeTree([params, again, pixels, out, gradient, style]);
  }));

test('published sizes have the published numbers of parameters', () => {
  expect(countWeights(clip(clipLarge).weights)).toBe(described.counts['clip-vit-large-patch14']);
  expect(countWeights(clip(clipBase).weights)).toBe(described.counts['clip-vit-base-patch32']);
});

test('pixels: the mean becomes 0, one deviation more becomes 1', () =>
  expectNoLeak(() => {
    const images = tf.tensor4d([...clipMean, ...clipMean.map((m, i) => m + clipDeviation[i]!)], [1, 1, 2, 3]);
    const pixels = clipPixels(images);
    expect(pixels).toBeAllclose(
      [
        [
          [
            [0, 0, 0],
            [1, 1, 1],
          ],
        ],
      ],
      { rtol: 0, atol: 1e-6 },
    );
    const grey = tf.zeros([4, 4]);
    expect(() => clipPixels(grey)).toThrow(/height/);
    disposeTree([images, pixels, grey]);
  }));
