import { disposeTree, engine, treeSelect, type Tensor } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import {
  countWeights,
  loadRoberta,
  roberta,
  robertaBase,
  robertaLarge,
  saveWeights,
} from '@lab/models/roberta';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { golden, host, networks, weightsOf } from './golden-roberta';

await engine({ prefer: 'wasm' });

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
      const bare = loadRoberta(roberta(golden.config, { pooler: false }), weightsOf('masked'), {
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
    expect(() => loadRoberta(roberta({ ...golden.config, intermediate_size: 47 }), given)).toThrow(
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
