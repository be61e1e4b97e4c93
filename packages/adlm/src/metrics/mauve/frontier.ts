import { LabError } from '@lab/tensor-core/errors';

export interface FrontierOptions {
  /** Scale c of exp(-c KL), above 0. @default 5 */
  readonly scale?: number;
  /** Points of the curve between its ends. @default 25 */
  readonly points?: number;
}

type Point = readonly [x: number, y: number];

/**
 * The divergence frontier of two distributions: for mixtures r = w p + (1 - w) q the points (exp(-c KL(q || r)), exp(-c KL(p || r))),
 * between (1, 0) and (0, 1) (Pillutla et al. 2021).
 */
export function divergenceCurve(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  { scale = 5, points = 25 }: FrontierOptions = {},
): Point[] {
  const [first, second] = [distribution(p, 'p'), distribution(q, 'q')];
  if (first.length !== second.length)
    throw new LabError('shape', 'divergenceCurve: p and q are over the same bins', {
      received: first.length,
      expected: second.length,
    });
  const margin = 1e-6;
  const inner = Array.from({ length: points }, (_, i): Point => {
    const w = margin + ((1 - 2 * margin) * i) / Math.max(1, points - 1);
    const mixture = first.map((each, bin) => w * each + (1 - w) * second[bin]!);
    return [Math.exp(-scale * divergence(second, mixture)), Math.exp(-scale * divergence(first, mixture))];
  });
  return [[1, 0], ...inner, [0, 1]];
}

/** The area under the divergence frontier, in (0, 1]: 1 for equal distributions. */
export function mauveFromHistograms(
  p: ArrayLike<number>,
  q: ArrayLike<number>,
  options: FrontierOptions = {},
): number {
  const curve = divergenceCurve(p, q, options);
  // Integrated over x and over y; the mean does not prefer one of the two distributions.
  return (area(curve) + area(curve.map(([x, y]): Point => [y, x]))) / 2;
}

/** Trapezoids over x ascending; of points with equal x the one with the greater y comes first. */
function area(curve: readonly Point[]): number {
  const sorted = [...curve].sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  return sorted.slice(1).reduce((sum, [x, y], i) => sum + ((x - sorted[i]![0]) * (y + sorted[i]![1])) / 2, 0);
}

/**
 * The frontier integral, in [0, 1]: 0 for equal distributions, 1 for disjoint ones (Liu et al. 2021).
 */
export function frontierIntegral(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [first, second] = [distribution(p, 'p'), distribution(q, 'q')];
  return 2 * first.reduce((sum, each, bin) => sum + frontierTerm(each, second[bin]!), 0);
}

function frontierTerm(p: number, q: number): number {
  if (p === 0 || q === 0) return (p + q) / 4;
  // The quotient below loses its digits where p and q are close; its limit there is 0 to second order.
  if (Math.abs(p - q) < 1e-8) return 0;
  return (p + q) / 4 - ((p * q) / 2) * ((Math.log(p) - Math.log(q)) / (p - q));
}

/** sum p ln(p / r), with 0 ln 0 = 0. */
function divergence(p: readonly number[], r: readonly number[]): number {
  return p.reduce((sum, each, bin) => (each > 0 ? sum + each * Math.log(each / r[bin]!) : sum), 0);
}

/** @throws LabError `argument` for what is no histogram */
function distribution(weights: ArrayLike<number>, argument: string): number[] {
  const list = Array.from(weights);
  const total = list.reduce((sum, each) => sum + each, 0);
  if (!(total > 0) || !Number.isFinite(total) || list.some((each) => !(each >= 0)))
    throw new LabError('argument', 'a histogram has weights from 0 with a positive sum', {
      argument,
      received: `sum ${total}`,
    });
  return list.map((each) => each / total);
}
