import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { key, type Key } from '@lab/tensor-core/random';
import { positionIds, robertaConfig, robertaForSequenceClassification } from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { golden, inputs, networks } from './golden-roberta';

await engine({ prefer: 'wasm' });

describe('inputs', () => {
  test('positions count what is not padding', () =>
    expectNoLeak(() => {
      const ids = tf.tensor2d([1, 0, 9, 1, 2, 1], [1, 6], 'int32');
      const places = tf.tidy(() => positionIds(ids, 1));
      expect([...places.dataSync()]).toEqual([1, 2, 3, 1, 4, 1]);
      disposeTree([ids, places]);
    }));

  test('a text gives the same alone and in a batch of longer ones', () =>
    expectNoLeak(() => {
      const params = networks.classification.init(key(3));
      const alone = tf.tensor2d([0, 7, 8, 2], [1, 4], 'int32');
      const batch = tf.tensor2d([0, 7, 8, 2, 1, 1, 0, 5, 6, 7, 8, 2], [2, 6], 'int32');
      const [one, many] = [alone, batch].map((ids) =>
        tf.tidy(() => networks.classification.apply(params, { ids })),
      );
      const [a, b] = [[...one!.dataSync()], [...many!.dataSync()].slice(0, 3)];
      expect(a).toBeAllclose(b, { rtol: 1e-5, atol: 1e-6 });
      disposeTree([params, alone, batch, one, many]);
    }));

  test('refuses what does not fit', () =>
    expectNoLeak(() => {
      const params = networks.classification.init(key(0));
      const run =
        (ids: Tensor, rest = {}) =>
        () =>
          tf.tidy(() => networks.classification.apply(params, { ids, ...rest }));
      const [long, float, fine, far] = [
        tf.zeros([1, 23], 'int32'),
        tf.zeros([1, 4]),
        tf.zeros([1, 4], 'int32'),
        tf.fill([1, 4], 101, 'int32'),
      ];
      expect(run(long)).toThrow(/at most 22 tokens.*truncate/);
      expect(run(float)).toThrow(/int32/);
      expect(run(fine, { mask: long })).toThrow(/mask/);
      expect(run(far)).toThrow(/not in the table/);
      expect(() => robertaConfig({ hidden_size: 30, num_attention_heads: 4 })).toThrow(/must divide/);
      expect(() => robertaConfig({ hidden_act: 'relu' })).toThrow(/only hidden_act gelu/);
      expect(() => robertaConfig({ hidden_dropout_prob: 1 })).toThrow(/hidden_dropout_prob/);
      expect(() => robertaForSequenceClassification({ ...golden.config, labels: 0 })).toThrow(/labels/);
      disposeTree([params, long, float, fine, far]);
    }));

  test('dropout is drawn with the key: the same for the same key, none without one', () =>
    expectNoLeak(() => {
      const params = networks.classification.init(key(0));
      const given = inputs();
      const run = (dropout?: Key): number[] => {
        const y = tf.tidy(() => networks.classification.apply(params, { ...given, dropout }));
        const values = [...y.dataSync()];
        y.dispose();
        return values;
      };
      expect(run(key(1))).toEqual(run(key(1)));
      expect(run(key(1))).not.toEqual(run(key(2)));
      expect(run(key(1))).not.toEqual(run());
      disposeTree([params, given]);
    }));
});
