import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeTree, engine, grad, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { countWeights, loadWeights, saveWeights, taef2Decoder, taef2Encoder } from '@lab/models/taef2';
import { expectNoLeak, loadGolden } from '@lab/testing';
import jpeg from 'jpeg-js';
import { describe, expect, test } from 'vitest';
import { drawnTensor, drawnWeights, goldenArrays } from './drawn';

await engine({ prefer: 'wasm' });

interface Description {
  readonly config: { readonly width: number; readonly latent: number };
  readonly parameters: readonly [encoder: number, decoder: number];
  readonly psnr: Readonly<Record<string, number>>;
}
const described = loadGolden<Description>(import.meta.dirname, 'taef2');
const { config } = described;
const golden = goldenArrays('taef2');
const close = { rtol: 1e-4, atol: 1e-4 };

describe.each([
  [
    'encoder',
    taef2Encoder(config),
    () => drawnTensor(1000, [2, 16, 24, 3], { factor: 0.5, offset: 0.5 }),
    'encode',
  ],
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

describe('both halves', () => {
  const [encoder, decoder] = [taef2Encoder(config), taef2Decoder(config)];
  const paramsOf = () =>
    [loadWeights(encoder, drawnWeights(encoder)), loadWeights(decoder, drawnWeights(decoder))] as const;
  const through = ([first, second]: ReturnType<typeof paramsOf>, x: Tensor): Tensor =>
    decoder.apply(second, encoder.apply(first, x));

  test('the gradient through them is the slope along itself', () =>
    expectNoLeak(() => {
      const params = paramsOf();
      const x = drawnTensor(7, [1, 16, 16, 3], { factor: 0.5, offset: 0.5 });
      for (const seed of [8, 9, 10]) {
        const weights = drawnTensor(seed, [1, 16, 16, 3]);
        const gradient = tidyTree(() =>
          grad((at: Tensor) => tf.sum(tf.mul(through(params, at), weights)))(x),
        );
        const unit = tf.tidy(() => tf.div(gradient, tf.norm(gradient)));
        // Summed up in double precision, so that the difference keeps its digits.
        const valueAt = (by: number): number => {
          const y = tf.tidy(() => through(params, tf.add(x, tf.mul(unit, by))));
          const [values, factors] = [y.dataSync(), weights.dataSync()];
          y.dispose();
          return Array.from(values).reduce((sum, value, i) => sum + value * factors[i]!, 0);
        };
        const length = Math.hypot(...Array.from(gradient.dataSync()));
        expect(length).toBeGreaterThan(0.1);
        // A step so small that few units reach the kink of their relu: one of 8e-3 is off by 7 per cent.
        expect((valueAt(5e-4) - valueAt(-5e-4)) / 1e-3 / length).toBeCloseTo(1, 2);
        disposeTree([weights, gradient, unit]);
      }
      disposeTree([params, x]);
    }));

  test(
    'compiled they compute the same, and the gradient through them',
    () =>
      expectNoLeak(() => {
        const params = paramsOf();
        const x = drawnTensor(1000, [2, 16, 24, 3], { factor: 0.5, offset: 0.5 });
        const both = (at: Tensor) => ({
          y: through(params, at),
          gradient: grad((given: Tensor) => tf.sum(tf.sin(through(params, given))))(at),
        });
        const compiled = compile(both, { threads: 1 });
        const [fast, eager] = [compiled(x), tidyTree(() => both(x))];
        expect(fast.y).toBeAllclose(eager.y, close);
        expect(fast.gradient).toBeAllclose(eager.gradient, close);
        compiled.dispose();
        disposeTree([params, x, fast, eager]);
      }),
    30_000,
  );

  test('are saved under the names that they came from', () =>
    expectNoLeak(async () => {
      for (const network of [encoder, decoder]) {
        const weights = drawnWeights(network);
        const params = loadWeights(network, weights);
        const saved = await saveWeights(network, params);
        expect(Object.keys(saved).sort()).toEqual(Object.keys(weights).sort());
        for (const [name, array] of Object.entries(saved)) expect(array, name).toBeAllclose(weights[name]!);
        disposeTree(params);
      }
    }));

  test('other shapes are refused', () =>
    expectNoLeak(() => {
      const params = paramsOf();
      const odd = tf.zeros([1, 12, 16, 3]);
      expect(() => encoder.apply(params[0], odd)).toThrow(/multiples of 8/);
      expect(() => decoder.apply(params[1], odd)).toThrow(/height, width, 4/);
      disposeTree([params, odd]);
    }));
});

const folder = join(import.meta.dirname, '../../../../shared/data');
const isThere = existsSync(join(folder, 'taef2_encoder.safetensors'));

describe.skipIf(!isThere)(
  `published weights${isThere ? '' : ' (skipped: no taef2_*.safetensors in ../shared/data)'}`,
  () => {
    test(
      'have the fidelity on photographs that PyTorch finds, about 30 dB',
      () =>
        expectNoLeak(() => {
          const [encoder, decoder] = [taef2Encoder(), taef2Decoder()];
          expect([encoder, decoder].map(({ weights }) => countWeights(weights))).toEqual(
            described.parameters,
          );
          const read = (name: string) => readFileSync(join(folder, name));
          const params = [
            loadWeights(encoder, read('taef2_encoder.safetensors')),
            loadWeights(decoder, read('taef2_decoder.safetensors')),
          ] as const;
          const whole = compile((x: Tensor) => decoder.apply(params[1], encoder.apply(params[0], x)), {
            threads: 1,
          });
          for (const [name, psnr] of Object.entries(described.psnr)) {
            const x = photograph(read(join('rb-modulation-references', name)), 192);
            const y = whole(x);
            const error = tf.tidy(() =>
              tf.mean(tf.square(tf.sub(tf.clipByValue(y, 0, 1), x))).dataSync(),
            )[0]!;
            // Another decoder of JPEG rounds differently, by less than this.
            expect(Math.abs(-10 * Math.log10(error) - psnr), name).toBeLessThan(0.05);
            disposeTree([x, y]);
          }
          whole.dispose();
          disposeTree(params);
        }),
      120_000,
    );
  },
);

/** The middle of a photograph, shrunk by means of whole blocks: [1, side, side, 3] in [0, 1]. */
function photograph(bytes: Buffer, side: number): Tensor {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false });
  const factor = Math.floor(Math.min(width, height) / side);
  const [top, left] = [height, width].map((n) => Math.floor((n - side * factor) / 2)) as [number, number];
  const values = new Float32Array(side * side * 3);
  for (let y = 0; y < side * factor; y++)
    for (let x = 0; x < side * factor; x++)
      for (let c = 0; c < 3; c++)
        values[(Math.floor(y / factor) * side + Math.floor(x / factor)) * 3 + c]! +=
          data[((top + y) * width + left + x) * 3 + c]! / (255 * factor * factor);
  return tf.tensor4d(values, [1, side, side, 3]);
}
