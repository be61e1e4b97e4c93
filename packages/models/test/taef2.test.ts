import { engine, grad, tf, tidyTree, disposeTree, type Tensor } from '@lab/tensor-core';
import { loadWeights, taef2Decoder, taef2Encoder } from '@lab/models/taef2';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { drawnTensor, drawnWeights, goldenArrays } from './drawn';

await engine({ prefer: 'wasm' });

const { config } = loadGolden<{ config: { width: number; latent: number } }>(import.meta.dirname, 'taef2');
const golden = goldenArrays('taef2');
const close = { rtol: 1e-4, atol: 1e-4 };

describe.each([
  ['encoder', taef2Encoder(config), () => drawnTensor(1000, [2, 16, 24, 3], { factor: 0.5, offset: 0.5 }), 'encode'],
  ['decoder', taef2Decoder(config), () => drawnTensor(1001, [2, 2, 3, 4], { factor: 2 }), 'decode'],
] as const)('%s', (_, network, input, name) => {
  test('output and gradient equal those in PyTorch', () =>
    expectNoLeak(() => {
      const params = loadWeights(network, drawnWeights(network));
      const x = input();
      const y = tf.tidy(() => network.apply(params, x));
      expect(y).toBeAllclose(golden(`${name}d`), close);
      const gradient = tidyTree(() => grad((at: Tensor) => tf.sum(tf.sin(network.apply(params, at))))(x));
      expect(gradient).toBeAllclose(golden(`${name}_gradient`), close);
      disposeTree([params, x, y, gradient]);
    }));
});
