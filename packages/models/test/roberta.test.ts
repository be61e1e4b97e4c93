import {
  disposeTree,
  engine,
  grad,
  lora,
  tf,
  tidyTree,
  toTensor,
  treeLeaves,
  treeMap,
  treePaths,
  treeSelect,
  treeSize,
  valueAndGrad,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { compile, compileStep } from '@lab/tensor-core/compile';
import { writeSafetensors } from '@lab/tensor-core/io';
import { foldIn, key, type Key } from '@lab/tensor-core/random';
import {
  countWeights,
  loadRoberta,
  positionIds,
  roberta,
  robertaBase,
  robertaConfig,
  robertaForMaskedLm,
  robertaForMultipleChoice,
  robertaForSequenceClassification,
  robertaLarge,
  saveWeights,
} from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { golden, gradientsOf, host, inputs, tensor, weightsOf } from './golden-roberta';

await engine({ prefer: 'wasm' });

const config = golden.config;
const networks = {
  base: roberta(config),
  classification: robertaForSequenceClassification({ ...config, labels: 3 }),
  choice: robertaForMultipleChoice(config),
  masked: robertaForMaskedLm(config),
};
/** The bound: 1e-4, absolute for numbers below 1 and relative above. */
const close = { rtol: 1e-4, atol: 1e-4 };

/** Mean negative log-likelihood of labels [n] under logits [n, classes], for rows with a label of 0 or more. */
const crossEntropy = (logits: Tensor, labels: Tensor): Tensor => {
  const known = tf.cast(tf.greaterEqual(labels, 0), 'float32');
  const hot = tf.oneHot(tf.maximum(labels, tf.scalar(0, 'int32')), logits.shape[1]!);
  const perRow = tf.sum(tf.mul(hot, tf.logSoftmax(logits)), 1);
  return tf.neg(tf.div(tf.sum(tf.mul(perRow, known)), tf.sum(known)));
};

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

/** PEFT's adapters [rank, inputs] and [outputs, rank] as ours. */
function peftAdapters(kind: 'weight' | 'grad'): LoraAdapters {
  const tree: Record<string, { down?: Tensor; up?: Tensor }> = {};
  for (const name of golden.names.lora) {
    const [, module, factor] = /^(.*)\.lora_([AB])\.weight$/.exec(name)!;
    tree[module!] ??= {};
    tree[module!]![factor === 'A' ? 'down' : 'up'] = tf.tidy(() =>
      tf.transpose(toTensor(host(`lora/${kind}/${name}`))),
    );
  }
  return nested(tree);
}

function nested(modules: Record<string, object>): LoraAdapters {
  const root: Record<string, any> = {};
  for (const [module, adapter] of Object.entries(modules)) {
    let node = root;
    for (const name of module.split('.')) node = node[name] ??= {};
    node.weight = adapter;
  }
  return root;
}

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

describe('names', () => {
  test('are those of the published files, in their order, and the tree has the same', () => {
    for (const name of ['base', 'classification', 'choice', 'masked'] as const) {
      const ours = networks[name].weights.map(({ stored }) => stored.name);
      expect([...ours].sort()).toEqual([...golden.names[name]].sort());
      expect(networks[name].weights.map(({ path }) => path)).toEqual(ours);
    }
  });

  test('saved again, every array is the one that was loaded, bit for bit', () =>
    expectNoLeak(async () => {
      for (const name of ['base', 'classification', 'choice', 'masked'] as const) {
        const given = weightsOf(name);
        const params = loadRoberta(networks[name] as (typeof networks)['base'], writeSafetensors(given));
        const saved = await saveWeights(networks[name] as (typeof networks)['base'], params);
        expect(Object.keys(saved).sort()).toEqual(Object.keys(given).sort());
        for (const [each, array] of Object.entries(saved)) expect(array).toEqual(given[each]);
        disposeTree(params);
      }
    }));

  test('a file of the bare encoder serves a head that is drawn, and one with a head the bare encoder', () =>
    expectNoLeak(() => {
      const head = loadRoberta(networks.classification, weightsOf('base'), {
        ignore: /pooler/,
        fresh: { names: /^classifier/, key: key(0) },
      });
      const bare = loadRoberta(roberta(config, { pooler: false }), weightsOf('masked'), {
        ignore: /^lm_head/,
      });
      const path = 'encoder.layer.1.intermediate.dense.weight';
      const again = treeSelect<Tensor>(bare)[path]!;
      expect(again).toBeAllclose(treeSelect<Tensor>(head)[`roberta.${path}`]!, { rtol: 0, atol: 0 });
      expect(treeSelect<Tensor>(head)['classifier.dense.bias']!.shape).toEqual([32]);
      disposeTree([head, bare]);
    }));

  test('what is missing, unexpected or of another shape is listed', () => {
    const given = weightsOf('base');
    const { 'pooler.dense.bias': _, ...fewer } = given;
    expect(() => loadRoberta(networks.base, fewer)).toThrow(/missing.*pooler.dense.bias/);
    expect(() => loadRoberta(networks.base, { ...given, extra: given['pooler.dense.bias']! })).toThrow(
      /unexpected.*extra/,
    );
    expect(() => loadRoberta(roberta({ ...config, intermediate_size: 47 }), given)).toThrow(
      /misshapen.*intermediate.dense.weight \[48,32\], expected \[47,32\].*layer.1.output.dense.weight \[32,48\], expected \[32,47\]/,
    );
    expect(() => loadRoberta(networks.base, new Uint8Array(3))).toThrow(/safetensors/);
    // A buffer that old files have is passed over.
    const buffer = { 'embeddings.position_ids': host('ids') };
    const params = loadRoberta(networks.base, { ...given, ...buffer });
    disposeTree(params);
  });

  test('published sizes have the published number of parameters', () => {
    expect(countWeights(roberta(robertaBase).weights)).toBe(golden.counts['roberta-base']);
    expect(countWeights(roberta(robertaBase).weights)).toBe(124_645_632);
    expect(countWeights(roberta(robertaLarge).weights)).toBe(golden.counts['roberta-large']);
  });
});

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
      expect(() => robertaForSequenceClassification({ ...config, labels: 0 })).toThrow(/labels/);
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
      const step = (adapters: LoraAdapters, x: typeof given, y: Tensor, at: Key) =>
        tidyTree(() => {
          const { value, grads } = valueAndGrad((a: LoraAdapters) => {
            const dropped = { rate: 0.1, key: foldIn(at, 1) };
            const adapted = lora.attach(params, a, { alpha: 8, dropout: dropped });
            return crossEntropy(network.apply(adapted, { ...x, dropout: foldIn(at, 0) }), y);
          })(adapters);
          const state = treeMap((p: Tensor, g: Tensor) => tf.sub(p, tf.mul(g, 0.1)), adapters, grads);
          return { state, output: value };
        });
      let eager = tidyTree(() => treeMap((x: Tensor) => tf.clone(x), start));
      const compiled = compileStep(step, start, { threads: 1, keyInputs: [2] });
      for (let i = 0; i < 3; i++) {
        const next = step(eager, given, labels, foldIn(key(1), i));
        const output = compiled.run(given, labels, foldIn(key(1), i));
        expect(output).toBeAllclose(next.output, close);
        disposeTree([eager, next.output, output]);
        eager = next.state;
      }
      const read = compiled.read();
      const ours = treeLeaves<Tensor>(read);
      treeLeaves<Tensor>(eager).forEach((leaf, i) => expect(ours[i]!).toBeAllclose(leaf, close));
      compiled.dispose();
      disposeTree([params, start, given, labels, eager, read]);
    }));
});

test('steps of training all parameters, with dropout: compiled ones equal eager ones', () =>
  expectNoLeak(() => {
    const network = networks.masked;
    const start = loadRoberta(network, weightsOf('masked'));
    const [given, targets] = [inputs(), tensor('targets')];
    const step = (params: typeof start, x: typeof given, at: Key) =>
      tidyTree(() => {
        const { value, grads } = valueAndGrad((p: typeof start) =>
          crossEntropy(
            tf.reshape(network.apply(p, { ...x, dropout: at }), [40, 101]),
            tf.reshape(targets, [40]),
          ),
        )(params);
        return {
          state: treeMap((p: Tensor, g: Tensor) => tf.sub(p, tf.mul(g, 0.05)), params, grads),
          output: value,
        };
      });
    const compiled = compileStep(step, start, { threads: 1, keyInputs: [1] });
    let eager = tidyTree(() => treeMap((x: Tensor) => tf.clone(x), start));
    for (let i = 0; i < 3; i++) {
      const next = step(eager, given, foldIn(key(1), i));
      const output = compiled.run(given, foldIn(key(1), i));
      expect(output).toBeAllclose(next.output, close);
      disposeTree([eager, next.output, output]);
      eager = next.state;
    }
    const read = compiled.read();
    const ours = treeLeaves<Tensor>(read);
    treeLeaves<Tensor>(eager).forEach((leaf, i) => expect(ours[i]!).toBeAllclose(leaf, close));
    compiled.dispose();
    disposeTree([start, given, targets, eager, read]);
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
