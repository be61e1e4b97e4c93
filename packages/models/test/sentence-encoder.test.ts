import {
  disposeTree,
  engine,
  lora,
  tf,
  tidyTree,
  treeFromHost,
  treeLeaves,
  valueAndGrad,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { writeSafetensors } from '@lab/tensor-core/io';
import { foldIn, key, type Key } from '@lab/tensor-core/random';
import { loadSentenceEncoderFiles } from '@lab/models/node';
import {
  countWeights,
  loadSentenceEncoder,
  saveWeights,
  sentenceEncoder,
  sentenceTokenizer,
} from '@lab/models/sentence-encoder';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { descend, expectSameSteps } from './compiled-steps';

await engine({ prefer: 'wasm' });

const golden = loadGolden<{ texts: string[]; ids: number[][]; embeddings: number[][] }>(
  import.meta.dirname,
  'sentence-encoder',
);
const pieces = loadGolden<{ texts: string[]; ids: number[][] }>(import.meta.dirname, 'sentencepiece');
const { arrays, vocabulary } = await loadSentenceEncoderFiles();
const tokenizer = sentenceTokenizer(vocabulary);
const network = sentenceEncoder();
const encoded = (texts: readonly string[]) => treeFromHost(tokenizer.encode(texts));
/** The bound. */
const close = { rtol: 0, atol: 1e-4 };

describe('tokenizer', () => {
  test.each(golden.texts.map((text, i) => [text.slice(0, 40), i] as const))(
    'equal to the one published with the vocabulary: %s',
    (_, i) => {
      // That one leaves the cut to the network.
      expect(tokenizer.ids(golden.texts[i]!)).toEqual(golden.ids[i]!.slice(0, 128));
    },
  );

  test.each(pieces.texts.map((text, i) => [JSON.stringify(text), i] as const))(
    'equal to sentencepiece: %s',
    (_, i) => {
      expect(tokenizer.ids(pieces.texts[i]!)).toEqual(pieces.ids[i]);
    },
  );

  test('refuses what is no vocabulary', () => {
    expect(() => sentenceTokenizer([])).toThrow(/vocabulary/);
    expect(() => sentenceTokenizer([...vocabulary, ['x']] as never)).toThrow(/\[piece, score\]/);
  });
});

describe('network', () => {
  test(
    'embeddings equal those of the graph model in TensorFlow.js, for texts of unequal length',
    () =>
      expectNoLeak(() => {
        const params = loadSentenceEncoder(arrays);
        const inputs = encoded(golden.texts);
        expect(inputs.ids.shape).toEqual([7, 128]);
        const out = tidyTree(() => network.apply(params, inputs));
        const { embedding } = out;
        expect(embedding).toBeAllclose(golden.embeddings, close);
        // Alone as well: padding has no part in it.
        for (const i of [0, 1]) {
          const alone = encoded([golden.texts[i]!]);
          const own = tf.tidy(() => network.apply(params, { ids: alone.ids }).embedding);
          expect(own).toBeAllclose([golden.embeddings[i]!], close);
          disposeTree([alone, own]);
        }
        disposeTree([params, inputs, out]);
      }),
    30_000,
  );

  test(
    'has 6,975,744 parameters, each saved under its name as it was',
    () =>
      expectNoLeak(async () => {
        expect(countWeights(network.weights)).toBe(6_975_744);
        const params = loadSentenceEncoder(arrays);
        const saved = await saveWeights(network, params);
        for (const [name, array] of Object.entries(saved)) {
          expect(array.shape).toEqual(arrays[name]!.shape);
          expect(Buffer.from(array.data.buffer).equals(Buffer.from(arrays[name]!.data.buffer))).toBe(true);
        }
        const again = loadSentenceEncoder(writeSafetensors(saved));
        expect(treeLeaves<Tensor>(again as never)).toHaveLength(network.weights.length);
        // What the file has besides are constants: of all its floats, 133 are no parameters.
        const floats = Object.values(arrays).filter(({ dtype }) => dtype === 'float32');
        expect(floats.reduce((sum, { data }) => sum + data.length, 0)).toBe(6_975_744 + 133);
        disposeTree([params, again]);
      }),
    30_000,
  );

  test(
    'an empty text, and nothing but padding, are finite',
    () =>
      expectNoLeak(() => {
        const params = loadSentenceEncoder(arrays);
        const inputs = encoded(['', 'hello']);
        const out = tidyTree(() => network.apply(params, inputs));
        const { embedding } = out;
        expect(embedding.dataSync().every(Number.isFinite)).toBe(true);
        expect(() => network.apply(params, { ids: inputs.ids, mask: embedding })).toThrow(
          /\[batch, length\]/,
        );
        disposeTree([params, inputs, out]);
      }),
    30_000,
  );

  test('what is missing is listed', () => {
    const { 'module/Embeddings_en': _, ...fewer } = arrays;
    expect(() => loadSentenceEncoder(fewer)).toThrow(/missing.*module\/Embeddings_en/);
  });
});

describe('LoRA on chosen matrices', () => {
  const targets = /\.(query|value|output|inner|outer)\.weight$/;

  test(
    'compiled, forward and training steps with dropout equal the eager ones',
    () =>
      expectNoLeak(() => {
        const params = loadSentenceEncoder(arrays);
        const inputs = encoded(golden.texts.slice(0, 4));
        const start = lora.init(key(0), params, { targets, rank: 2 });
        // Ten matrices: rank (inputs + outputs) of each.
        expect(lora.count(start)).toBe(2 * (2 * 512 + 768 + 2 * 2048 + 2 * 1024 + 1024 + 2 * 2048));
        const forward = compile((x: typeof inputs) => network.apply(params, x).embedding, { threads: 1 });
        const compiledEmbedding = forward(inputs);
        expect(compiledEmbedding).toBeAllclose(golden.embeddings.slice(0, 4), close);
        forward.dispose();
        compiledEmbedding.dispose();

        const step = descend(
          (adapters: LoraAdapters, x: typeof inputs, at: Key) =>
            valueAndGrad((a: LoraAdapters) => {
              const rate = 0.1;
              const adapted = lora.attach(params, a, { alpha: 4, dropout: { rate, key: foldIn(at, 0) } });
              const { embedding } = network.apply(adapted, { ...x, dropout: { rate, key: foldIn(at, 1) } });
              // All texts away from each other.
              return tf.mean(tf.matMul(embedding, embedding, false, true));
            })(adapters),
          0.5,
        );
        const losses = expectSameSteps(step, start, inputs);
        expect(losses.at(-1)).toBeLessThan(losses[0]!);
        disposeTree([params, inputs, start]);
      }),
    60_000,
  );
});
