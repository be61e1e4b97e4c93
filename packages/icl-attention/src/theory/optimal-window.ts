import { LabError } from '@lab/tensor-core/errors';
import { logGamma } from './bessel';
import { checkDimension, checkNumber } from './checks';
import { checkPrompt, populationLoss, type PromptSize } from './population-loss';
import type { Spectrum } from './spectrum';

export interface OptimalWindow {
  /** The inverse window w that minimises the population loss. */
  readonly window: number;
  readonly loss: number;
  /** Local minima on the grid; more than one means that the search may have missed a better one. */
  readonly minima: number;
}

/**
 * The inverse window of least population loss: a grid over log w, then golden-section search around its best point.
 */
export function optimalWindow(
  spectrum: Spectrum,
  prompt: PromptSize,
  {
    range = [0.02, 1e5],
    grid = 200,
  }: {
    /** Where to look. @default [0.02, 1e5] */
    readonly range?: readonly [low: number, high: number];
    /** Grid points over log w. @default 200 */
    readonly grid?: number;
  } = {},
): OptimalWindow {
  checkPrompt(prompt, 'optimalWindow');
  const [low, high] = range.map(Math.log) as [number, number];
  if (!(low < high && grid >= 3))
    throw new LabError('argument', 'optimalWindow: range is two increasing numbers above 0', {
      argument: 'range',
      received: range,
    });
  const lossAt = (logW: number): number => populationLoss(spectrum, Math.exp(logW), prompt);
  const step = (high - low) / (grid - 1);
  const losses = Array.from({ length: grid }, (_, i) => lossAt(low + i * step));
  const minima = losses.filter(
    (each, i) => each < (losses[i - 1] ?? Infinity) && each < (losses[i + 1] ?? Infinity),
  );
  const best = low + losses.indexOf(Math.min(...losses)) * step;
  const logW = goldenSection(lossAt, best - step, best + step);
  return { window: Math.exp(logW), loss: lossAt(logW), minima: minima.length };
}

function goldenSection(fn: (at: number) => number, from: number, to: number): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [a, b] = [high - golden * (high - low), low + golden * (high - low)];
  let [atA, atB] = [fn(a), fn(b)];
  while (high - low > 1e-9) {
    if (atA < atB) {
      [high, b, atB] = [b, a, atA];
      a = high - golden * (high - low);
      atA = fn(a);
    } else {
      [low, a, atA] = [a, b, atB];
      b = low + golden * (high - low);
      atB = fn(b);
    }
  }
  return (low + high) / 2;
}

/**
 * The optimal inverse window of affine tasks for large w, in closed form (section 4.2.4):
 * w* = (2a / (c q))^(1 / (q + 2)) with a = L^2 (d-1)^2 / (12 d), c = sigma^2 sqrt(pi) 2^(2-d) / (n Gamma(d/2)), q = (d-1)/2.
 *
 * @example
 * optimalWindowAffine({ dimension: 3, lipschitz: 1, context: 200, noise: 0.3 }); // 7.904
 */
export function optimalWindowAffine({
  dimension,
  lipschitz,
  context,
  noise,
}: PromptSize & { readonly dimension: number; readonly lipschitz: number }): number {
  checkDimension(dimension, 'optimalWindowAffine');
  checkPrompt({ context, noise }, 'optimalWindowAffine');
  checkNumber(lipschitz, { argument: 'lipschitz', where: 'optimalWindowAffine', above: 0 });
  checkNumber(noise, { argument: 'noise', where: 'optimalWindowAffine', above: 0 });
  const q = (dimension - 1) / 2;
  const a = (lipschitz ** 2 * (dimension - 1) ** 2) / (12 * dimension);
  const c =
    (noise ** 2 * Math.sqrt(Math.PI) * 2 ** (2 - dimension)) / (context * Math.exp(logGamma(dimension / 2)));
  return ((2 * a) / (c * q)) ** (1 / (q + 2));
}

/** How fast a family's squared bias falls with w: as w^-2 where it is smooth, w^-3/2 with kinks, w^-1 at worst. */
export type Smoothness = 'smooth' | 'kinked' | 'lipschitz';

const biasExponents = { smooth: 2, kinked: 1.5, lipschitz: 1 } as const;

/**
 * The power of Lambda = n L^2 / sigma^2 with which the optimal inverse window grows, 2 / (2 beta + d - 1) (section 4.2.5).
 * L and 1 / sigma therefore act with twice this power.
 */
export function windowExponent({
  dimension,
  smoothness,
}: {
  readonly dimension: number;
  readonly smoothness: Smoothness;
}): number {
  checkDimension(dimension, 'windowExponent');
  return 2 / (2 * biasExponents[smoothness] + dimension - 1);
}

/**
 * How many times the optimal loss a window costs that was learned on affine tasks of another Lipschitz constant
 * (section 4.2.6).
 *
 * @param ratio pre-training constant over test constant, above 0
 */
export function mismatchFactor(ratio: number, { dimension }: { readonly dimension: number }): number {
  checkDimension(dimension, 'mismatchFactor');
  checkNumber(ratio, { argument: 'ratio', where: 'mismatchFactor', above: 0 });
  const p = 4 / (dimension + 3);
  const share = 4 / (dimension - 1);
  return (ratio ** (-2 * p) + share * ratio ** ((p * (dimension - 1)) / 2)) / (1 + share);
}
