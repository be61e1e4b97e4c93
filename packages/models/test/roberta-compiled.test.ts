import {
  disposeTree,
  engine,
  grad,
  lora,
  tf,
  tidyTree,
  treeLeaves,
  treeMap,
  treeSize,
  valueAndGrad,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { foldIn, key, type Key } from '@lab/tensor-core/random';
import { countWeights, loadRoberta } from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { descend, expectSameSteps } from './compiled-steps';
import { close, crossEntropy, inputs, networks, peftAdapters, tensor, weightsOf } from './golden-roberta';

await engine({ prefer: 'wasm' });

describe('compiled', () => {
  test('every network equals its eager self', () =>
    expectNoLeak(() => {
      const given = inputs();
      for (const name of ['base', 'classification', 'masked'] as const) {
        const network = networks[name] as (typeof networks)['base'];
        const params = network.init(key(5));
        const fn = compile((p: typeof params, x: typeof given) => network.apply(p, x), { threads: 1 });
        const [eager, compiled] = [tidyTree(() => network.apply(params, given)), fn(params, given)];
        const [a, b] = [treeLeaves<Tensor>(eager as never), treeLeaves<Tensor>(compiled as never)];
        a.forEach((leaf, i) => expect(b[i]!).toBeAllclose(leaf, close));
        fn.dispose();
        disposeTree([params, eager, compiled]);
      }
      disposeTree(given);
    }));

  test('steps of LoRA training with dropout equal the eager ones', () =>
    expectNoLeak(() => {
      const network = networks.classification;
      const params = loadRoberta(network, weightsOf('classification'));
      const [start, given, labels] = [peftAdapters('weight'), inputs(), tensor('labels')];
      const step = descend(
        (adapters: LoraAdapters, x: typeof given, at: Key) =>
          valueAndGrad((a: LoraAdapters) => {
            const dropped = { rate: 0.1, key: foldIn(at, 1) };
            const adapted = lora.attach(params, a, { alpha: 8, dropout: dropped });
            return crossEntropy(network.apply(adapted, { ...x, dropout: foldIn(at, 0) }), labels);
          })(adapters),
        0.1,
      );
      expectSameSteps(step, start, given);
      disposeTree([params, start, given, labels]);
    }));
});

test('steps of training all parameters, with dropout: compiled ones equal eager ones', () =>
  expectNoLeak(() => {
    const network = networks.masked;
    const start = loadRoberta(network, weightsOf('masked'));
    const [given, targets] = [inputs(), tensor('targets')];
    const step = descend(
      (params: typeof start, x: typeof given, at: Key) =>
        valueAndGrad((p: typeof start) =>
          crossEntropy(
            tf.reshape(network.apply(p, { ...x, dropout: at }), [40, 101]),
            tf.reshape(targets, [40]),
          ),
        )(params),
      0.05,
    );
    expectSameSteps(step, start, given);
    disposeTree([start, given, targets]);
  }));

test(
  'a training step of all parameters lowers the loss',
  () =>
    expectNoLeak(() => {
      const network = networks.classification;
      const params = network.init(key(0));
      expect(treeSize(params)).toBe(countWeights(network.weights));
      const [given, labels] = [inputs(), tensor('labels')];
      const loss = (p: typeof params) => crossEntropy(network.apply(p, given), labels);
      const slope = grad(loss)(params);
      const next = tidyTree(() =>
        treeMap((p: Tensor, g: Tensor) => tf.sub(p, tf.mul(g, 0.05)), params, slope),
      );
      const [before, after] = [params, next].map((p) => tf.tidy(() => loss(p).dataSync()[0]!));
      expect(after).toBeLessThan(before!);
      disposeTree([params, given, labels, slope, next]);
    }),
  20_000,
);
