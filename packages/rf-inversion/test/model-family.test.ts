import { expect, test } from 'vitest';
import '@lab/testing';
import { assertImageSize, guidanceInput, modelFamilies } from '../src';

test('what does not fit is refused with the way out', () => {
  expect(() => assertImageSize(1000, 520, modelFamilies['flux-dev'])).toThrow(/the nearest are 1008 by 528/);
  expect(() => assertImageSize(1024, 512, modelFamilies['flux-dev'])).not.toThrow();
  expect(() => guidanceInput(modelFamilies['flux-dev'], undefined, 2)).toThrow(/0 to invert/);
  expect(() => guidanceInput(modelFamilies['flux-schnell'], 3.5, 2)).toThrow(/no guidance input/);
});

test('constants of the families (Flux and Stable Diffusion 3, as published)', () => {
  expect(Array.from(guidanceInput(modelFamilies['flux-dev'], 3.5, 2)!)).toEqual([3.5, 3.5]);
  expect(modelFamilies['flux-dev'].latents).toEqual({ shift: 0.1159, scale: 0.3611 });
  expect(modelFamilies['stable-diffusion-3'].latents).toEqual({ shift: 0.0609, scale: 1.5305 });
  expect(Math.log(modelFamilies['flux-dev'].gridShift(1024, 1024))).toBeAllclose(1.15);
});
