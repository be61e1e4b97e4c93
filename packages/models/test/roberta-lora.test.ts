import {
  disposeTree,
  engine,
  lora,
  tf,
  treePaths,
  treeSelect,
  valueAndGrad,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { loadRoberta } from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import {
  close,
  crossEntropy,
  host,
  inputs,
  networks,
  peftAdapters,
  tensor,
  weightsOf,
} from './golden-roberta';

await engine({ prefer: 'wasm' });

describe('LoRA equal to PEFT (query and value, rank 4, alpha 8)', () => {
  for (const adapt of ['attach', 'apply'] as const)
    test(`logits, delta and gradients of the adapters, by lora.${adapt}`, () =>
      expectNoLeak(() => {
        const params = loadRoberta(networks.classification, weightsOf('classification'));
        const [adapters, expected] = [peftAdapters('weight'), peftAdapters('grad')];
        const [given, labels] = [inputs(), tensor('labels')];
        const run = (a: LoraAdapters) =>
          networks.classification.apply(lora[adapt](params, a, { alpha: 8 }), given);
        const logits = tf.tidy(() => run(adapters));
        expect(logits).toBeAllclose(host('lora/logits'), close);
        const { value, grads } = valueAndGrad((a: LoraAdapters) => crossEntropy(run(a), labels))(adapters);
        expect(value).toBeAllclose(host('lora/loss'), close);
        const wanted = treeSelect<Tensor>(expected);
        expect(treePaths(grads)).toHaveLength(8);
        for (const [path, slope] of Object.entries(treeSelect<Tensor>(grads)))
          expect(slope, path).toBeAllclose(wanted[path]!, close);
        const delta = tf.tidy(() => {
          const { query } = params.roberta.encoder.layer[1]!.attention.self;
          const adapted = lora.apply(params, adapters, { alpha: 8 }).roberta.encoder.layer[1]!.attention.self;
          return tf.transpose(tf.sub(adapted.query.weight, query.weight));
        });
        expect(delta).toBeAllclose(host('lora/delta'), close);
        disposeTree([params, adapters, expected, given, labels, logits, value, grads, delta]);
      }));
});
