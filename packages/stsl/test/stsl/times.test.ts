import { expect, test } from 'vitest';
import { trainedTimes } from '../../src';

const stepsOf = (options: Parameters<typeof trainedTimes>[0]): number[] =>
  trainedTimes(options)
    .slice(0, -1)
    .map((t) => Math.round(1000 * t) - 1);

// diffusers 0.42.1: DDIMScheduler(timestep_spacing='leading', steps_offset=1), then set_timesteps(n), timesteps.tolist().
test.each([
  [50, 1, [981, 961, 941, 921], 1],
  [50, 0, [980, 960, 940, 920], 0],
  [8, 1, [876, 751, 626, 501], 1],
  [4, 1, [751, 501, 251, 1], 1],
  [999, 1, [999, 998, 997, 996], 1],
  [1000, 0, [999, 998, 997, 996], 0],
] as const)('%d steps with offset %d are those of diffusers', (steps, offset, first, last) => {
  const found = stepsOf({ steps, offset });
  expect(found).toHaveLength(steps);
  expect(found.slice(0, 4)).toEqual(first);
  expect(found.at(-1)).toBe(last);
});

// There the thousand timesteps are 1000, 999, ..., 1, and the first step fails: no model was trained at 1000.
test('all thousand steps leave no room for the offset, and are a thousand all the same', () => {
  expect(stepsOf({ steps: 1000, offset: 1 })).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
});

test('any number of steps is that number of different trained steps', () => {
  for (let steps = 1; steps <= 1000; steps += 7)
    for (const offset of [0, 1] as const) {
      const found = stepsOf({ steps, offset });
      expect(new Set(found).size).toBe(steps);
      expect([...found].sort((a, b) => b - a)).toEqual(found);
      expect(found[0]).toBeLessThan(1000);
      expect(found.at(-1)).toBe(offset);
    }
});

test('steps and offsets that there are not are refused', () => {
  for (const steps of [0, 1.5, 1001])
    expect(() => trainedTimes({ steps })).toThrow(expect.objectContaining({ code: 'argument' }));
  expect(() => trainedTimes({ steps: 50, offset: 2 as never })).toThrow(/offset is 0 or 1/);
});
