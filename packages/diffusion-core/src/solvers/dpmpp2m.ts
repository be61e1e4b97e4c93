import type { Solver } from './types';

/**
 * DPM-Solver++(2M) (Lu et al. 2022, algorithm 2): second order from one model call a step, by extrapolating the
 * posterior mean from the previous step's. The first and the last step are of first order.
 *
 * With `lambda = log(alpha / sigma)`, `h = lambda' - lambda` and `r = h_previous / h`:
 * `x' = (sigma' / sigma) x + alpha' (1 - e^-h) D`, `D = x0 + (x0 - x0_previous) / (2 r)`.
 */
export function dpmpp2m(): Solver {
  return {
    name: 'dpmpp2m',
    order: 2,
    evaluations: 1,
    init: () => [],
    async step({ space, schedule, x, t, tNext, alpha, sigma, alphaNext, sigmaNext, evaluate }, memory) {
      const { x0, noise } = await evaluate(x, t);
      const logSnr = schedule.logSnr(t);
      const previous = memory[0];
      // The first-order part, (sigma' / sigma) x + alpha' (1 - e^-h) x0, is alpha' x0 + sigma' noise.
      const first = [[alphaNext, x0] as const, [sigmaNext, noise] as const];
      const remembered = [{ x0, logSnr }];
      if (previous === undefined || sigmaNext === 0) return { x: space.combine(first), memory: remembered };
      const step = schedule.logSnr(tNext) - logSnr; // 2 h
      const inverseRatio = step / (logSnr - previous.logSnr); // 1 / r; 0 after a start at alpha = 0
      const growth = 1 - (alpha * sigmaNext) / (alphaNext * sigma); // 1 - e^-h
      const correction = 0.5 * alphaNext * growth * inverseRatio;
      return {
        x: space.combine([...first, [correction, x0], [-correction, previous.x0]]),
        memory: remembered,
      };
    },
  };
}
