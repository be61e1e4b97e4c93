import type { Level } from '../estimates/convert';

/**
 * Of the Gaussian transition `x_t | x_s` from a cleaner level s to a noisier level t: its factor
 * `alpha_t / alpha_s` and its variance `sigma_t^2 - (alpha_t / alpha_s)^2 sigma_s^2` (Kingma et al. 2021, eq. 3).
 */
export function transition(noisier: Level, cleaner: Level): { factor: number; variance: number } {
  const factor = noisier.alpha / cleaner.alpha;
  return { factor, variance: Math.max(0, noisier.sigma ** 2 - (factor * cleaner.sigma) ** 2) };
}
