import { expect, test } from 'vitest';
import { key, normal } from '@lab/tensor-core/random';
import '@lab/testing';
import { lqrCosts, lqrGain, lqrPath, lqrValue } from '../src';

// Start 0, target 2, lambda 9, by hand: the path ends at 2 * 0.9, energy 1.8^2 / 2, terminal cost 9 * 0.2^2 / 2.
test('finite lambda: gap, energy, terminal cost and value function', () => {
  const { energy, terminal, gap } = lqrCosts(4, { lambda: 9 });
  expect([gap * (0 - 2), energy, terminal, energy + terminal]).toBeAllclose([-0.2, 1.62, 0.18, 1.8], {
    rtol: 1e-12,
  });
  expect(lqrValue(4, 0, { lambda: 9 })).toBeAllclose(1.8, { rtol: 1e-12 });
  expect(lqrPath(1, { lambda: 9 }).target * 2).toBeAllclose(1.8, { rtol: 1e-12 });
  expect(lqrGain(1, { lambda: 9 })).toBeAllclose(9);
});

test('infinite lambda reaches the target, by the straight line, at half the squared distance', () => {
  expect(lqrCosts(4)).toEqual({ energy: 2, terminal: 0, gap: 0 });
  expect(lqrPath(0.25)).toEqual({ start: 0.75, target: 0.25 });
  expect(lqrGain(0.75)).toBe(4);
  expect(() => lqrGain(1)).toThrow(/no finite gain/);
  expect(() => lqrGain(0, { lambda: 0 })).toThrow(/lambda/);
});

// V_t = |V_z|^2 / 2 and V(z, 1) = lambda / 2 |z - y|^2 (Hamilton, Jacobi, Bellman), by central differences.
test.each([0.1, 1, 9, 1000])('the value function solves its equation, lambda %d', (lambda) => {
  const value = (z: number, t: number): number => lqrValue((z - 2) ** 2, t, { lambda });
  const h = 1e-5;
  for (const [z, t] of [
    [0, 0.1],
    [1.5, 0.5],
    [-3, 0.8],
  ] as const) {
    const inTime = (value(z, t + h) - value(z, t - h)) / (2 * h);
    const inSpace = (value(z + h, t) - value(z - h, t)) / (2 * h);
    expect(inTime - inSpace ** 2 / 2).toBeAllclose(0, { atol: 1e-6 * Math.max(1, Math.abs(inTime)) });
  }
  expect(value(0.5, 1)).toBeAllclose((lambda / 2) * 2.25, { rtol: 1e-12 });
});

test('no perturbation of the control costs less', () => {
  const [lambda, steps] = [9, 400];
  const cost = (perturbation: (t: number) => number): number => {
    // The optimal control of this problem is constant in time.
    const optimal = lqrPath(1, { lambda }).target * 2;
    let [z, energy] = [0, 0];
    for (let i = 0; i < steps; i++) {
      const c = optimal + perturbation((i + 0.5) / steps);
      z += c / steps;
      energy += c ** 2 / 2 / steps;
    }
    return energy + (lambda / 2) * (z - 2) ** 2;
  };
  const best = cost(() => 0);
  expect(best).toBeAllclose(1.8, { rtol: 1e-9 });
  for (let seed = 0; seed < 100; seed++) {
    const [a, b, c, d] = normal(key(seed), 4) as unknown as [number, number, number, number];
    const delta = (t: number): number => 0.3 * (a + b * t + c * Math.sin(6 * t) + d * Math.cos(9 * t));
    expect(cost(delta)).toBeGreaterThanOrEqual(best - 1e-9);
  }
});
