import { disposeTree, engine, tf, tidyTree, treeMap, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { loadRoberta, saveWeights } from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import {
  close,
  crossEntropy,
  gradientsOf,
  host,
  inputs,
  networks,
  tensor,
  weightsOf,
} from './golden-roberta';

await engine({ prefer: 'wasm' });

/** Every golden gradient equals ours, brought to the file's layout. */
async function expectGradients<Params>(name: keyof typeof networks, grads: Params): Promise<void> {
  const ours = await saveWeights(networks[name] as never, grads);
  const expected = gradientsOf(name);
  expect(Object.keys(expected).length).toBeGreaterThan(3);
  for (const [weight, array] of Object.entries(expected)) {
    // Relative to the largest gradient of the weight, and absolute.
    const scale = Math.max(1, ...array.data.map(Math.abs));
    expect(ours[weight], weight).toBeAllclose(array, { rtol: 0, atol: 1e-4 * scale });
  }
}

describe('equal to transformers', () => {
  test('every hidden state, the pooled token and all gradients of the encoder', () =>
    expectNoLeak(async () => {
      const params = loadRoberta(networks.base, weightsOf('base'));
      const given = inputs();
      const out = tidyTree(() => networks.base.apply(params, given));
      expect(out.hidden).toHaveLength(3);
      out.hidden.forEach((state, i) => expect(state).toBeAllclose(host(`base/hidden/${i}`), close));
      expect(out.pooled!).toBeAllclose(host('base/pooled'), close);
      const { value, grads } = valueAndGrad((p: typeof params) => {
        const { last, pooled } = networks.base.apply(p, given);
        const seen = tf.expandDims(tf.cast(given.mask, 'float32'), 2);
        return tf.add(tf.sum(tf.mul(tf.sin(last), seen)), tf.sum(tf.cos(pooled!)));
      })(params);
      expect(value).toBeAllclose(host('base/loss'), close);
      await expectGradients('base', grads);
      expect(Object.keys(gradientsOf('base'))).toHaveLength(networks.base.weights.length);
      disposeTree([params, given, out, value, grads]);
    }));

  test('logits and gradients of the classifier', () =>
    expectNoLeak(async () => {
      const params = loadRoberta(networks.classification, weightsOf('classification'));
      const [given, labels] = [inputs(), tensor('labels')];
      const logits = tf.tidy(() => networks.classification.apply(params, given));
      expect(logits).toBeAllclose(host('classification/logits'), close);
      const { value, grads } = valueAndGrad((p: typeof params) =>
        crossEntropy(networks.classification.apply(p, given), labels),
      )(params);
      expect(value).toBeAllclose(host('classification/loss'), close);
      await expectGradients('classification', grads);
      disposeTree([params, given, labels, logits, value, grads]);
    }));

  test('logits and gradients of multiple choice', () =>
    expectNoLeak(async () => {
      const params = loadRoberta(networks.choice, weightsOf('choice'));
      const flat = inputs();
      const given = tidyTree(() => treeMap((x: Tensor) => tf.reshape(x, [2, 2, 10]), flat));
      const logits = tf.tidy(() => networks.choice.apply(params, given));
      expect(logits).toBeAllclose(host('choice/logits'), close);
      const labels = tf.tensor1d([1, 0], 'int32');
      const { value, grads } = valueAndGrad((p: typeof params) =>
        crossEntropy(networks.choice.apply(p, given), labels),
      )(params);
      expect(value).toBeAllclose(host('choice/loss'), close);
      await expectGradients('choice', grads);
      disposeTree([params, flat, given, logits, labels, value, grads]);
    }));

  test('logits of masked language modelling, its decoder tied to the words', () =>
    expectNoLeak(async () => {
      const params = loadRoberta(networks.masked, weightsOf('masked'));
      const [given, targets] = [inputs(), tensor('targets')];
      const logits = tf.tidy(() => networks.masked.apply(params, given));
      expect(logits).toBeAllclose(host('masked/logits'), close);
      const { value, grads } = valueAndGrad((p: typeof params) =>
        crossEntropy(tf.reshape(networks.masked.apply(p, given), [40, 101]), tf.reshape(targets, [40])),
      )(params);
      expect(value).toBeAllclose(host('masked/loss'), close);
      await expectGradients('masked', grads);
      disposeTree([params, given, targets, logits, value, grads]);
    }));

  test('the padding token gives the mask where none is passed', () =>
    expectNoLeak(() => {
      const params = loadRoberta(networks.classification, weightsOf('classification'));
      const { ids, mask, types } = inputs();
      const logits = tf.tidy(() => networks.classification.apply(params, { ids, types }));
      expect(logits).toBeAllclose(host('classification/logits'), close);
      disposeTree([params, ids, mask, types, logits]);
    }));
});
