import { disposeTree, engine, treeSelect, zerosInit, type Tensor } from '@lab/tensor-core';
import { hostArray } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import {
  architecture,
  countWeights,
  loadWeights,
  readWeightsManifest,
  saveWeights,
  storedShape,
  type Stored,
  type Weight,
} from '@lab/models';
import { expectNoLeak } from '@lab/testing';
import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

const weight = (path: string, shape: readonly number[], stored: Stored): Weight => ({
  path,
  shape,
  init: zerosInit,
  stored,
});
const counting = (shape: readonly number[]) =>
  hostArray({
    shape,
    dtype: 'float32',
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  });
const network = (weights: readonly Weight[]) => architecture(weights, (params: object) => params);

describe('layouts', () => {
  test('a transposed matrix, a convolution, and parts side by side: closed forms', () =>
    expectNoLeak(() => {
      const params = loadWeights(
        network([
          weight('linear', [2, 3], { name: 'a', layout: 'transposed' }),
          weight('kernel', [1, 2, 2, 3], { name: 'b', layout: 'convolution' }),
          weight('q', [2, 1], { name: 'c', part: { index: 0, of: 2 }, shape: [1, 2, 2] }),
          weight('k', [2, 1], { name: 'c', part: { index: 1, of: 2 }, shape: [1, 2, 2] }),
        ]),
        { a: counting([3, 2]), b: counting([3, 2, 1, 2]), c: counting([1, 2, 2]) },
      );
      const leaves = treeSelect<Tensor>(params as never);
      // a[o][i] = 2 o + i
      expect([...leaves.linear!.dataSync()]).toEqual([0, 2, 4, 1, 3, 5]);
      // b[o][i][0][x] = 4 o + 2 i + x, read in the order x, i, o
      expect([...leaves.kernel!.dataSync()]).toEqual([0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11]);
      expect([...leaves.q!.dataSync()]).toEqual([0, 2]);
      expect([...leaves.k!.dataSync()]).toEqual([1, 3]);
      disposeTree(params);
    }));

  property.prop([
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
    fc.constantFrom('same', 'transposed', 'convolution'),
    fc.integer({ min: 1, max: 3 }),
  ])('loading and saving are inverse, whatever the shape', async (shape, wanted, of) => {
    const layout = wanted === 'transposed' && shape.length > 2 ? 'convolution' : wanted;
    const parts = Array.from({ length: of }, (_, index) =>
      weight(`p${index}`, shape, { name: 'w', layout, part: { index, of } }),
    );
    const file = { w: counting(storedShape(parts[0]!)) };
    const params = loadWeights(network(parts), file);
    expect(await saveWeights(network(parts), params)).toEqual(file);
    disposeTree(params);
  });
});

describe('saving and drawing', () => {
  test('the tree must be the architecture, and each weight has a key of its own', () =>
    expectNoLeak(async () => {
      const weights = [weight('a.w', [2, 2], { name: 'a' }), weight('b', [3], { name: 'b' })];
      const net = network(weights);
      expect(countWeights(weights)).toBe(7);
      const params = net.init(key(0));
      await expect(saveWeights(net, { a: {}, b: 0 })).rejects.toThrow(/params.a.w/);
      const float64 = hostArray({ shape: [3], dtype: 'float64', data: Float64Array.of(1, 2, 3) });
      const half = hostArray({ shape: [2, 2], dtype: 'float16', data: Uint16Array.of(0x3c00, 0, 0xc000, 0) });
      const loaded = treeSelect<Tensor>(loadWeights(net, { a: half, b: float64 }) as never);
      expect([...loaded['a.w']!.dataSync(), ...loaded.b!.dataSync()]).toEqual([1, 0, -2, 0, 1, 2, 3]);
      disposeTree([params, loaded]);
    }));
});

describe('files of TensorFlow.js', () => {
  const manifest = (dtype: string, extra = {}) => ({
    weightsManifest: [
      {
        paths: ['x', 'y'],
        weights: [
          { name: 'w', shape: [2], dtype, ...extra },
          { name: 'n', shape: [], dtype: 'int32' },
        ],
      },
    ],
  });
  const bytes = new Uint8Array(Float32Array.of(1.5, -2, 0).buffer);
  // Cut in the middle of a number, as published files are.
  const read = (path: string) => (path === 'x' ? bytes.subarray(0, 3) : bytes.subarray(3));

  test('arrays over the borders of files', async () => {
    const { w, n } = await readWeightsManifest(manifest('float32'), read);
    expect([w!.shape, [...(w!.data as Float32Array)]]).toEqual([[2], [1.5, -2]]);
    expect([n!.shape, [...(n!.data as Int32Array)]]).toEqual([[], [0]]);
  });

  test('refuses other kinds, sizes and files', async () => {
    await expect(readWeightsManifest(manifest('string'), read)).rejects.toThrow(
      /float32 and int32.*w.*string/,
    );
    await expect(readWeightsManifest(manifest('float32', { quantization: {} }), read)).rejects.toThrow(
      /float32 and int32/,
    );
    await expect(readWeightsManifest(manifest('float32'), () => bytes.subarray(0, 4))).rejects.toThrow(
      /12 or more, for n/,
    );
    await expect(readWeightsManifest(manifest('float32'), () => bytes)).rejects.toThrow(/another size/);
    await expect(readWeightsManifest({} as never, read)).rejects.toThrow(/model.json/);
  });
});
