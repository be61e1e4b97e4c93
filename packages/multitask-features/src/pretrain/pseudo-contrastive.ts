import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { checkSamples, type Samples } from '../data/samples';
import { preactivations, weightedMoments } from '../network/float64-kernels';

export interface PseudoContrastiveOptions {
  /** Leaves out the pairs of a sample with itself (U-statistic). @default true */
  readonly excludeDiagonal?: boolean;
  /** `full` differentiates both factors of each pair and is twice `heads-fixed`. @default 'heads-fixed' */
  readonly gradient?: 'heads-fixed' | 'full';
}

export interface PseudoContrastive {
  /** -(1/N) sum over pairs of rho_ij relu(W x_i) . relu(W x_j), N = n^2 or n (n - 1). */
  readonly loss: number;
  /** Its gradient by W, [m, d]. */
  readonly gradient: Array64;
}

/**
 * The pseudo-contrastive loss that head adaptation turns the average of T task losses into (3.2), with its gradient. Pairs
 * with the same label in most tasks attract, the others repel: rho = Y Y^T / T is never formed, since
 * rho relu(P) = Y (Y^T relu(P)) / T. Missing labels count as 0.
 *
 * @param weights W [m, d]
 * @param data x [n, d] and labels [n, T]
 * @throws LabError `shape` when they do not fit together
 */
export function pseudoContrastiveStep(
  weights: Array64,
  { x, labels }: { readonly x: Samples; readonly labels: Samples },
  { excludeDiagonal = true, gradient = 'heads-fixed' }: PseudoContrastiveOptions = {},
): PseudoContrastive {
  const { n, d } = checkSamples(x, 'pseudoContrastiveStep');
  const [m, columns] = weights.shape;
  const [rows, tasks] = labels.shape;
  if (columns !== d || rows !== n || m === undefined || tasks === undefined || tasks === 0)
    throw new LabError('shape', 'pseudoContrastiveStep: weights, features and labels do not fit together', {
      received: { weights: weights.shape, x: x.shape, labels: labels.shape },
      expected: '[m, d], [n, d], [n, T]',
    });
  if (n < (excludeDiagonal ? 2 : 1))
    throw new LabError('shape', 'pseudoContrastiveStep: there are no pairs', { argument: 'x', received: n });
  const y = Float64Array.from(labels.data, (label) => (Number.isNaN(label) ? 0 : label));
  const p = preactivations(x, weights);
  const relu = p.map((value) => Math.max(0, value));

  // Y^T relu(P) [T, m]; then rho relu(P) [n, m], less the diagonal rho_ii relu(P)_i
  const heads = new Float64Array(tasks * m);
  for (let i = 0; i < n; i++)
    for (let t = 0; t < tasks; t++)
      for (let j = 0; j < m; j++) heads[t * m + j]! += y[i * tasks + t]! * relu[i * m + j]!;
  const pull = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let t = 0; t < tasks; t++) {
      const label = y[i * tasks + t]! / tasks;
      for (let j = 0; j < m; j++)
        pull[i * m + j]! +=
          label * (heads[t * m + j]! - (excludeDiagonal ? y[i * tasks + t]! * relu[i * m + j]! : 0));
    }

  const pairs = excludeDiagonal ? n * (n - 1) : n * n;
  const loss = -relu.reduce((sum, value, at) => sum + value * pull[at]!, 0) / pairs;
  const factor = (gradient === 'full' ? -2 : -1) / pairs;
  const moments = weightedMoments(
    x,
    pull.map((value, at) => (p[at]! > 0 ? factor * value : 0)),
    m,
  );
  return { loss, gradient: { shape: [m, d], data: moments } };
}
