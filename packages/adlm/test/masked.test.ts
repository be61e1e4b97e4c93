import { disposeTree, engine, tf, treeMap, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { foldIn, key, randint } from '@lab/tensor-core/random';
import { cosineMasking } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adlm, frequencyAnchors, maskedBatch, maskedLoss, mdlm, train, type MaskingTimes } from '../src';
import { maskedRoom } from '../src/objective/masked-places';
import { perturbed } from './support/perturbed';

await engine();

const sizes = { vocabSize: 12, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };
const maskId = 11;
const drawn = (rows: number, length: number) => ({
  shape: [rows, length],
  data: randint(key(5), rows * length, { high: maskId }),
});

describe('the masked tokens of a batch', () => {
  const choices: readonly MaskingTimes[] = [
    {},
    { antithetic: false },
    { spread: 'masks' },
    { schedule: cosineMasking() },
    { schedule: cosineMasking(), spread: 'masks', antithetic: false },
  ];

  test('are all that are masked and count, once each, with their tokens and weights', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.constantFrom(...choices),
        fc.boolean(),
        (seed, times, isPadded) => {
          const tokens = drawn(8, 16);
          const mask = isPadded ? randint(key(seed), 128, { high: 2 }) : undefined;
          const batch = maskedBatch(tokens, { vocabSize: 12, maskId, key: key(seed), mask, ...times });
          const [noisy, weights] = [batch.noisy, batch.weights].map((each) => Array.from(each.dataSync()));
          const expected = noisy!.flatMap((id, at) =>
            id === maskId && weights![at] !== 0 ? [[at, tokens.data[at], weights![at]]] : [],
          );
          const room = maskedRoom([8, 16], times);
          if (batch.masked === undefined) expect(expected.length > room || room > 0.9 * 128).toBe(true);
          else {
            const [at, ids, own] = [batch.masked.places, batch.masked.targets, batch.masked.weights].map(
              (each) => Array.from(each.dataSync()),
            );
            expect(at).toHaveLength(room);
            expect(at!.map((place, i) => [place, ids![i], own![i]]).slice(0, expected.length)).toEqual(
              expected,
            );
            expect(own!.slice(expected.length).every((weight) => weight === 0)).toBe(true);
          }
          disposeTree(batch);
        },
      ),
    );
  });

  // Times are uniform on [0.001, 1] in 32 equal parts, one each; a place is masked with the chance 0.999 t.
  test('have the room of their expected number and three standard deviations', () => {
    const expected = 0.999 * 0.5005;
    const ofTimes = (0.999 * 0.999) ** 2 / 32 ** 2 / 12 / 32;
    const square = 0.999 ** 2 * ((1 - 0.001 ** 3) / (3 * 0.999));
    const ofDraws = (expected - square) / (32 * 128);
    const room = 32 * 128 * (expected + 3 * Math.sqrt(ofTimes + ofDraws));
    expect(Math.abs(maskedRoom([32, 128], {}) - room)).toBeLessThan(1);
    expect(maskedRoom([1, 128], {})).toBe(128);
  });

  test.each(choices.map((times, i) => [i, times] as const))(
    'have room in nearly all batches, and little more than they need: %d',
    (_, times) => {
      const tokens = drawn(16, 64);
      const room = maskedRoom([16, 64], times);
      let [most, beyond, sum] = [0, 0, 0];
      for (let i = 0; i < 400; i++) {
        const batch = maskedBatch(tokens, { vocabSize: 12, maskId, key: foldIn(key(2), i), ...times });
        const count = batch.noisy.dataSync().filter((id) => id === maskId).length;
        [most, sum] = [Math.max(most, count), sum + count];
        if (count > room) beyond += 1;
        disposeTree(batch);
      }
      // three standard deviations: 1.3 in a thousand of a normal law
      expect(beyond).toBeLessThan(6);
      expect(room - sum / 400).toBeLessThan(2 * (most - sum / 400));
    },
  );
});

describe('the loss', () => {
  const models = [
    ['MDLM', mdlm(sizes)],
    ['ADLM', adlm({ ...sizes, gamma: 0.5, anchors: frequencyAnchors({ threshold: 1 }) })],
  ] as const;
  const whole = <Batch extends object>(batch: Batch): Batch => ({ ...batch, masked: undefined });

  test.each(models)('of masked places alone is the loss, with the same gradient: %s', (_, model) => {
    const own = model as (typeof models)[1][1];
    const params = perturbed(own.init(key(0)), key(8));
    const batch = own.batch(drawn(8, 16), { key: key(3), progress: 1 });
    expect(batch.masked?.places.shape).toEqual([maskedRoom([8, 16], {})]);
    const of = (given: typeof batch) =>
      valueAndGrad((p: typeof params) => own.loss(p, given, key(0)))(params);
    const [found, expected] = [of(batch), of(whole(batch))];
    expect(found.value).toBeAllclose(expected.value, { rtol: 1e-5 });
    treeMap(
      (a: Tensor, b: Tensor) => expect(a).toBeAllclose(b, { rtol: 1e-3, atol: 1e-5 }),
      found.grads,
      expected.grads,
    );
    const compiled = compile((p: typeof params, given: typeof batch) => own.loss(p, given, key(0)));
    const value = compiled(params, batch);
    expect(value).toBeAllclose(expected.value, { rtol: 1e-5 });
    compiled.dispose();
    disposeTree([params, batch, found, expected, value]);
  });

  test('trains as that of all places does, step by step', async () => {
    const model = mdlm(sizes);
    const options = { tokens: drawn(16, 16), steps: 12, batchSize: 8, key: key(4), engine: 'eager' as const };
    const [alone, all] = [
      await train(model, options),
      await train({ ...model, batch: (...given) => whole(model.batch(...given)) }, options),
    ];
    alone.losses.forEach((loss, i) => expect(loss).toBeCloseTo(all.losses[i]!, 4));
    disposeTree([alone.params, alone.average, all.params, all.average]);
  });

  test('of logits of all places is refused where the batch asks for some', () => {
    const batch = maskedBatch(drawn(8, 16), { vocabSize: 12, maskId, key: key(3) });
    const logits = tf.zeros([8, 16, 12]);
    expect(() => maskedLoss(logits, { batch, maskId })).toThrow(/asks for/);
    expect(maskedLoss(logits, { batch: whole(batch), maskId }).size).toBe(1);
    disposeTree([batch, logits]);
  });
});
