import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Key } from '@lab/tensor-core/random';
import { frontierIntegral, mauveFromHistograms, type FrontierOptions } from './frontier';
import { kMeans, type Points } from './k-means';
import { principalComponents } from './principal-components';

export interface MauveOptions extends FrontierOptions {
  /** The clustering is drawn from it. */
  readonly key: Key;
  /** Bins, at least 2. @default a tenth of the smaller sample, at least 2 */
  readonly clusters?: number;
  /** Share of the variance that the kept principal directions explain, in (0, 1]. @default 0.9 */
  readonly explained?: number;
  /** Starts of k-means. @default 5 */
  readonly restarts?: number;
  /** @default 500 */
  readonly iterations?: number;
}

export interface MauveResult {
  /** In (0, 1]; 1 when both samples fill the bins alike. Comparable only between runs with the same settings. */
  readonly mauve: number;
  /** The same with half a count added to each bin, which small samples need. */
  readonly mauveStar: number;
  /** In [0, 1]; 0 when both fill the bins alike. */
  readonly frontierIntegral: number;
  readonly frontierIntegralStar: number;
  readonly clusters: number;
  /** Principal directions that were kept. */
  readonly components: number;
  readonly histograms: readonly [p: readonly number[], q: readonly number[]];
}

/**
 * MAUVE of two samples of features (Pillutla et al. 2021): how far generated text is from human text, both ways. Rows are scaled
 * to unit length, projected onto principal directions, clustered together, and the two histograms over clusters compared.
 *
 * @param p features of human text, [count, size]
 * @param q features of generated text, [count, size]
 * @throws LabError `argument` for samples smaller than twice the clusters, `numeric` for rows of zeros or not finite
 */
export function mauve(p: Array64, q: Array64, options: MauveOptions): MauveResult {
  const [np, nq] = [check(p, 'p'), check(q, 'q')];
  if (p.shape[1] !== q.shape[1])
    throw new LabError('shape', 'mauve: both samples have features of one size', {
      argument: 'q',
      received: q.shape,
      expected: p.shape,
    });
  const { key, clusters = Math.max(2, Math.round(Math.min(np, nq) / 10)), explained = 0.9 } = options;
  if (!Number.isInteger(clusters) || clusters < 2 || Math.min(np, nq) < 2 * clusters)
    throw new LabError(
      'argument',
      'mauve: each sample has at least twice as many rows as there are clusters',
      {
        argument: 'clusters',
        received: `${clusters} clusters, ${np} and ${nq} rows`,
        hint: 'generate more text, or take fewer clusters',
      },
    );
  const size = p.shape[1]!;
  const all = new Float64Array((np + nq) * size);
  all.set(q.data, 0);
  all.set(p.data, nq * size);
  const reduced = principalComponents(unitRows({ data: all, count: np + nq, size }), explained);
  const { restarts = 5, iterations = 500 } = options;
  const { assignments } = kMeans(reduced, { key, clusters, restarts, iterations });
  const counts = (from: number, to: number, start: number): number[] => {
    const bins = Array.from({ length: clusters }, () => start);
    for (let i = from; i < to; i++) bins[assignments[i]!]!++;
    return bins;
  };
  const histograms = (start: number) => [counts(nq, np + nq, start), counts(0, nq, start)] as const;
  const [plain, star] = [histograms(0), histograms(0.5)];
  return {
    mauve: mauveFromHistograms(...plain, options),
    mauveStar: mauveFromHistograms(...star, options),
    frontierIntegral: frontierIntegral(...plain),
    frontierIntegralStar: frontierIntegral(...star),
    clusters,
    components: reduced.size,
    histograms: plain,
  };
}

function check({ shape, data }: Array64, argument: string): number {
  if (shape.length !== 2 || shape[0]! * shape[1]! !== data.length)
    throw new LabError('shape', 'mauve: features are rows of one table', {
      argument,
      received: shape,
      expected: '[count, size]',
    });
  return shape[0]!;
}

function unitRows({ data, count, size }: Points): Points {
  const scaled = new Float64Array(data.length);
  for (let row = 0; row < count; row++) {
    const own = data.subarray(row * size, (row + 1) * size);
    const norm = Math.hypot(...own);
    if (!(norm > 0) || !Number.isFinite(norm))
      throw new LabError('numeric', 'mauve: a row of features is zero or not finite', {
        argument: 'features',
        received: `row ${row}, norm ${norm}`,
      });
    own.forEach((value, j) => (scaled[row * size + j] = value / norm));
  }
  return { data: scaled, count, size };
}
