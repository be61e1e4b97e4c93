import { fc, test as property } from '@fast-check/vitest';
import { loadGolden } from '@lab/testing';
import { expect, test } from 'vitest';
import { rectifiedFlowSchedule, resolutionShift } from '../src';

const golden = loadGolden<{
  readonly log_shifts: Readonly<Record<string, number>>;
  readonly flux: number[];
  readonly stable_diffusion_3: number[];
}>(import.meta.dirname, 'flow-grids');

test('the shift of an image of so many tokens is e to the mu of diffusers', () => {
  for (const [tokens, mu] of Object.entries(golden.log_shifts))
    expect(resolutionShift(Number(tokens))).toBeAllclose(Math.exp(mu), { rtol: 1e-12, atol: 0 });
  expect(() => resolutionShift(0)).toThrow(/tokens/);
});

test.each([
  ['Flux', resolutionShift(1024), golden.flux],
  ['Stable Diffusion 3', 3, golden.stable_diffusion_3],
])('the grid of %s equals that of diffusers', (_, shift, expected) => {
  const times = rectifiedFlowSchedule({ shift }).times(expected.length - 1);
  // Its scheduler works in single precision.
  expect(times).toBeAllclose(expected, { rtol: 0, atol: 1e-7 });
});

property.prop([fc.double({ min: 0.1, max: 10, noNaN: true }), fc.integer({ min: 1, max: 50 })])(
  'a shift moves the logits of all levels by its logarithm',
  (shift, steps) => {
    const plain = rectifiedFlowSchedule().times(steps).slice(1, -1);
    const moved = rectifiedFlowSchedule({ shift }).times(steps).slice(1, -1);
    const logit = (t: number): number => Math.log(t / (1 - t));
    expect(moved.map(logit)).toBeAllclose(
      plain.map((t) => logit(t) + Math.log(shift)),
      { rtol: 0, atol: 1e-9 },
    );
  },
);
