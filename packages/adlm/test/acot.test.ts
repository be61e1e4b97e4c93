import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import { tokenTransformer } from '@lab/diffusion-core/discrete';
import { expectNoLeak } from '@lab/testing';
import '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  answerOf,
  copyToken,
  decodeReasoning,
  entityAnchors,
  reasoner,
  reasoningExample,
  reasoningLayouts,
  trainReasoner,
  type ReasoningItem,
} from '../src';
import { perturbed } from './support/perturbed';
import { wordVocabulary } from './support/words';

beforeAll(() => engine());

describe('a reasoner', () => {
  const sizes = { vocabSize: 12, width: 16, heads: 2, blocks: 1 };
  const example = {
    ids: Int32Array.of(5, 1, 2, 2, 3, 6, 0),
    labels: Int32Array.of(-1, -1, 7, 8, -1, 6, 0),
    promptLength: 5,
    thoughtPlaces: [2, 3],
  };

  test('labels are predicted from what stands before them', () => {
    const model = reasoner(sizes);
    const batch = model.batch([example], { length: 8, padding: 0 });
    const params = model.init(random.key(0));
    expect(Array.from(batch.inputs.dataSync())).toEqual([5, 1, 2, 2, 3, 6, 0]);
    expect(Array.from(batch.targets.dataSync())).toEqual([0, 7, 8, 0, 6, 0, 0]);
    expect(Array.from(batch.weights.dataSync(), (w) => (w > 0 ? 1 : 0))).toEqual([0, 1, 1, 0, 1, 1, 0]);
    expect(model.loss(params, batch).dataSync()[0]).toBeCloseTo(Math.log(12), 5);
    disposeTree([batch, params]);
  });

  // Coconut: what enters at a thought is the last state of the place before it, computed anew here place by place.
  test('continuous thoughts are the states before them', () => {
    const model = reasoner({ ...sizes, reading: 'continuous' });
    const tokens = reasoner(sizes);
    const params = perturbed(model.init(random.key(0)), random.key(1));
    const batch = model.batch([example], { length: 7, padding: 0 });
    const found = model.nextLogits(params, batch.inputs, batch.thoughts);
    expect(found.shape).toEqual([1, 6, 12]);
    const plain = tokens.nextLogits(params, batch.inputs, batch.thoughts);
    const differs = tf.max(tf.abs(tf.sub(found, plain))).dataSync()[0]!;
    expect(differs).toBeGreaterThan(1e-3);
    // Ids 9 and 10 occur nowhere: as embeddings they are made the states, each from the sequence before it alone.
    const network = tokenTransformer({ ...sizes, causal: true, conditionWidth: false });
    const embedded = (id: number, vector: tf.Tensor, from: typeof params): typeof params => {
      const rows = tf.unstack(from.input.weight);
      rows[id] = tf.reshape(vector, [16]);
      return { ...from, input: { ...from.input, weight: tf.stack(rows) } };
    };
    const last = (from: typeof params, ids: number[]) =>
      tf.slice(
        network.features(from, tf.tensor2d([ids], undefined, 'int32')),
        [0, ids.length - 1, 0],
        [1, 1, 16],
      );
    const first = embedded(9, last(params, [5, 1]), params);
    const second = embedded(10, last(first, [5, 1, 9]), first);
    const byHand = network.apply(second, tf.tensor2d([[5, 1, 9, 10, 3, 6]], [1, 6], 'int32'));
    expect(found).toBeAllclose(byHand, { atol: 1e-5 });
    // With thoughts that are not there, both readings are one.
    const none = tf.zeros([0, 1, 6]);
    expect(model.nextLogits(params, batch.inputs, none)).toBeAllclose(plain, { atol: 1e-6 });
    // The id at a thought does not enter.
    const other = tf.tensor2d([[5, 1, 9, 10, 3, 6]], [1, 6], 'int32');
    expect(model.nextLogits(params, other, batch.thoughts)).toBeAllclose(found, { atol: 1e-6 });
    disposeTree([batch, params, found, plain, none, other]);
  });

  test('new ids start as a known one', () => {
    const model = reasoner(sizes);
    const params = perturbed(model.init(random.key(0)), random.key(1));
    const copied = copyToken(params, { from: 6, to: [1, 2] });
    const rows = copied.input.weight.arraySync() as number[][];
    expect(rows[1]).toEqual(rows[6]);
    expect(rows[2]).toEqual(rows[6]);
    expect(rows[7]).toEqual((params.input.weight.arraySync() as number[][])[7]);
    const [before, after] = [params, copied].map(({ output }) => ({
      weight: output.linear.weight.arraySync() as number[][],
      bias: output.linear.bias!.arraySync() as number[],
    }));
    const moved = <Value>(values: readonly Value[]) =>
      values.map((each, id) => (id === 1 || id === 2 ? values[6]! : each));
    expect(after!.weight).toEqual(before!.weight.map((row) => moved(row)));
    expect(after!.bias).toEqual(moved(before!.bias));
    disposeTree([params, copied]);
  });

  test.each(['token', 'continuous'] as const)(
    '%s: learns a lookup in stages and answers it',
    async (reading) => {
      await expectNoLeak(async () => {
        const vocabulary = wordVocabulary();
        const items = Array.from({ length: 6 }, (_, i): ReasoningItem => ({
          question: `What follows n${i}`,
          steps: [`n${i} n${(i + 1) % 6}`],
          answer: `n${(i + 1) % 6}`,
        }));
        const stage = (layout: Parameters<typeof reasoningExample>[1]) =>
          items.map((each) => reasoningExample(each, layout, { vocabulary, anchors: entityAnchors }));
        const [first, second] = [
          stage(reasoningLayouts.cot()),
          stage(reasoningLayouts.acot(1, { dropSteps: true })),
        ];
        const model = reasoner({ ...sizes, vocabSize: vocabulary.size(), reading });
        const seen: number[] = [];
        const { params, losses } = await trainReasoner(model, {
          stages: [
            { examples: first, steps: 60 },
            { examples: second, steps: 120 },
          ],
          padding: 0,
          batchSize: 6,
          learningRate: 1e-2,
          key: random.key(0),
          onStep: (event) => void seen.push(event.stage),
        });
        expect(losses.map(({ length }) => length)).toEqual([60, 120]);
        expect(new Set(seen)).toEqual(new Set([0, 1]));
        const answers = await decodeReasoning(model, params, { prompts: second, endOfText: 0, maxTokens: 6 });
        const texts = answers.map((ids) => answerOf(ids.map((id) => vocabulary.words[id - 5]).join(' ')));
        const right = texts.filter((text, i) => text === items[i]!.answer);
        // chance gets one of six
        expect(right.length).toBeGreaterThanOrEqual(5);
        disposeTree(params);
      });
    },
  );

  test('keeps the best weights of the last stage', async () => {
    const model = reasoner(sizes);
    const scores = [1, 3, 2, 0];
    const seen: number[][] = [];
    const options = {
      stages: [
        { examples: [example], steps: 2 },
        { examples: [example], steps: 4 },
      ],
      padding: 0,
      batchSize: 1,
      learningRate: 1e-2,
      key: random.key(4),
    };
    await expectNoLeak(async () => {
      const { params, validations } = await trainReasoner(model, {
        ...options,
        validateEvery: 1,
        validate(weights) {
          seen.push(Array.from(weights.input.weight.dataSync()));
          return scores[seen.length - 1]!;
        },
      });
      expect(validations).toEqual(scores.map((score, i) => ({ step: i + 1, score })));
      expect(Array.from(params.input.weight.dataSync())).toEqual(seen[1]);
      expect(seen[1]).not.toEqual(seen[3]);
      const last = await trainReasoner(model, options);
      expect(Array.from(last.params.input.weight.dataSync())).toEqual(seen[3]);
      expect(last.validations).toEqual([]);
      disposeTree([params, last.params]);
    });
    await expect(trainReasoner(model, { ...options, validate: () => Number.NaN })).rejects.toMatchObject({
      code: 'numeric',
    });
  });

  test('refuses examples that do not fit, and stages without examples', async () => {
    const model = reasoner(sizes);
    expect(() => model.batch([example], { length: 6, padding: 0 })).toThrow('longer');
    const stages = [{ examples: [], steps: 1 }];
    await expect(trainReasoner(model, { stages, padding: 0, key: random.key(0) })).rejects.toMatchObject({
      code: 'argument',
    });
  });
});
