import { disposeTree, engine, tf } from '@lab/tensor-core';
import {
  flowSines,
  fluxScale,
  packLatents,
  scaleLatents,
  stableDiffusion3Scale,
  tokenPlaces,
  unpackLatents,
  unscaleLatents,
} from '@lab/models/flow-transformer';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { expect, test } from 'vitest';
import { drawnTensor } from './drawn';

await engine({ prefer: 'wasm' });

interface Values {
  readonly packed: number[][][];
  readonly places: number[][];
  readonly sines: number[][];
  readonly sd3: { readonly tokens: number[][][]; readonly latents: number[][][][] };
}
const golden = loadGolden<Values>(import.meta.dirname, 'flow-transformer');
const close = { rtol: 0, atol: 1e-5 };

test('tokens and their places equal those of Flux in diffusers, and go back', () =>
  expectNoLeak(() => {
    const latents = drawnTensor(1, [2, 4, 6, 3]);
    const tokens = packLatents(latents);
    expect(tokens).toBeAllclose(golden.packed, close);
    const places = tokenPlaces({ height: 4, width: 6 });
    expect(places).toBeAllclose(golden.places, close);
    const again = unpackLatents(tokens, { height: 4, width: 6 });
    expect(again).toBeAllclose(latents, close);
    disposeTree([latents, tokens, places, again]);
  }));

test('what Stable Diffusion 3 puts out becomes the latents that diffusers makes of it', () =>
  expectNoLeak(() => {
    const tokens = tf.tensor3d(golden.sd3.tokens);
    const latents = unpackLatents(tokens, { height: 4, width: 6, first: 'places' });
    expect(latents).toBeAllclose(golden.sd3.latents, close);
    const again = packLatents(latents, { first: 'places' });
    expect(again).toBeAllclose(tokens, close);
    disposeTree([tokens, latents, again]);
  }));

test('packing puts each two by two square into one token', () =>
  expectNoLeak(() => {
    const [height, width, channels] = [6, 10, 16];
    const latents = drawnTensor(3, [1, height, width, channels]);
    const packed = packLatents(latents);
    expect(packed.shape).toEqual([1, 15, 64]);
    const [from, to] = [latents.dataSync(), packed.dataSync()];
    for (let r = 0; r < height; r++)
      for (let q = 0; q < width; q++)
        for (let c = 0; c < channels; c++) {
          const token = Math.floor(r / 2) * (width / 2) + Math.floor(q / 2);
          const entry = 4 * c + 2 * (r % 2) + (q % 2);
          expect(to[64 * token + entry]).toBe(from[(r * width + q) * channels + c]);
        }
    disposeTree([latents, packed]);
  }));

test('sines of guidance equal those of diffusers', () =>
  expectNoLeak(() => {
    const guidance = tf.tensor1d([0, 0.35, 3.5]);
    const sines = flowSines(guidance, { width: 16 });
    // Single precision of angles up to 3500.
    expect(sines).toBeAllclose(golden.sines, { rtol: 0, atol: 5e-4 });
    disposeTree([guidance, sines]);
  }));

test.each([fluxScale, stableDiffusion3Scale])('scaling %o goes back', (scale) =>
  expectNoLeak(() => {
    const latents = drawnTensor(1, [1, 2, 2, 3]);
    const scaled = scaleLatents(latents, scale);
    const again = unscaleLatents(scaled, scale);
    expect(again).toBeAllclose(latents, close);
    const [first] = latents.dataSync();
    expect(scaled.dataSync()[0]).toBeCloseTo((first! - scale.shift) * scale.scale, 5);
    disposeTree([latents, scaled, again]);
  }),
);

test('what does not fit is refused', () =>
  expectNoLeak(() => {
    const odd = tf.zeros([1, 3, 4, 2]);
    expect(() => packLatents(odd)).toThrow(/even.*multiples of 16/);
    const tokens = tf.zeros([1, 6, 12]);
    expect(() => packLatents(tokens)).toThrow(/packed already/);
    expect(() => unpackLatents(odd, { height: 4, width: 6 })).toThrow(/unpacked already/);
    expect(() => unpackLatents(tokens, { height: 4, width: 4 })).toThrow(/4 channels/);
    disposeTree([odd, tokens]);
  }));
