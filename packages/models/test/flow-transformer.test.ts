import { disposeTree, engine, tf } from '@lab/tensor-core';
import {
  flowSines,
  fluxScale,
  packLatents,
  resolutionShift,
  scaleLatents,
  shiftedTimes,
  shiftTime,
  stableDiffusion3Scale,
  tokenPlaces,
  unpackLatents,
  unscaleLatents,
} from '@lab/models/flow-transformer';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { drawnTensor } from './drawn';

await engine({ prefer: 'wasm' });

interface Values {
  readonly packed: number[][][];
  readonly places: number[][];
  readonly shifts: Readonly<Record<string, number>>;
  readonly flux_times: number[];
  readonly sd3_times: number[];
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

test('shifts and grids equal those of diffusers', () => {
  for (const [tokens, shift] of Object.entries(golden.shifts))
    expect(resolutionShift(Number(tokens))).toBeCloseTo(shift, 10);
  const flux = shiftedTimes({ steps: 4, shift: Math.exp(resolutionShift(1024)) });
  expect(flux).toBeAllclose(golden.flux_times, close);
  expect(shiftedTimes({ steps: 5, shift: 3 })).toBeAllclose(golden.sd3_times, close);
});

test('sines of guidance equal those of diffusers', () =>
  expectNoLeak(() => {
    const guidance = tf.tensor1d([0, 0.35, 3.5]);
    const sines = flowSines(guidance, { width: 16 });
    // Single precision of angles up to 3500.
    expect(sines).toBeAllclose(golden.sines, { rtol: 0, atol: 5e-4 });
    disposeTree([guidance, sines]);
  }));

property.prop([fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.1, max: 10, noNaN: true })])(
  'a shift and its inverse undo each other',
  (t, shift) => {
    expect(shiftTime(shiftTime(t, shift), 1 / shift)).toBeCloseTo(t, 9);
  },
);

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
    expect(() => packLatents(odd)).toThrow(/even/);
    const tokens = tf.zeros([1, 6, 12]);
    expect(() => unpackLatents(tokens, { height: 4, width: 4 })).toThrow(/4 channels/);
    disposeTree([odd, tokens]);
    expect(() => shiftTime(2, 3)).toThrow(/\[0, 1\]/);
    expect(() => shiftTime(0.5, 0)).toThrow(/above 0/);
    expect(() => shiftedTimes({ steps: 0, shift: 1 })).toThrow(/steps/);
  }));
