import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { checkSamples } from '../data/samples';
import { signLabels } from '../data/labels';
import { hinge } from './hinge';
import { logistic, scoresOf } from './logistic';
import { ridge, type LinearScores } from './ridge';
import { binaryScores, type BinaryScores } from './scores';

/** A linear head on frozen features: plain data. */
export interface LinearProbe extends LinearScores {
  readonly kind: 'ridge' | 'logistic' | 'hinge';
}

export interface ProbeOptions {
  /** @default 'ridge' */
  readonly kind?: LinearProbe['kind'];
  /** Weight of |a|^2 beside the mean loss; for ridge relative to the mean square of the features. @default 0.01 */
  readonly l2?: number;
  /** Gives both classes the same total weight. @default 'none' */
  readonly classWeight?: 'balanced' | 'none';
}

/**
 * Fits a head on features [n, m] (3.3, step 3).
 * @throws LabError `shape`, `numeric` or `argument` for bad features, labels or l2
 * @example
 * const probe = fitProbe(transform(model, x, { mode: 'project', rank: 3 }), y, { kind: 'logistic' });
 */
export function fitProbe(phi: Array64, y: ArrayLike<number>, options: ProbeOptions = {}): LinearProbe {
  const { kind = 'ridge', l2 = 0.01, classWeight = 'none' } = options;
  const { n, d: m } = checkSamples(phi, 'fitProbe', 'phi');
  const labels = signLabels(y, 'of the probe');
  if (labels.length !== n || n === 0 || labels.some(Number.isNaN))
    throw new LabError('shape', 'fitProbe: every row of features needs a label', {
      argument: 'y',
      received: `${labels.length} labels`,
      expected: `${n}, at least 1`,
    });
  if (!(l2 > 0)) throw new LabError('argument', 'fitProbe: l2 is above 0', { argument: 'l2', received: l2 });
  const weights = classWeight === 'balanced' ? balancedWeights(labels) : undefined;
  const given = { l2, ...(weights && { weights }) };
  if (kind === 'logistic') return { kind, ...logistic(phi, labels, given) };
  if (kind === 'hinge') return { kind, ...hinge(phi, labels, given) };
  const square = phi.data.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, n * m);
  return { kind, ...ridge(phi, labels, { ...given, l2: l2 * (square || 1) }) };
}

function balancedWeights(labels: Float64Array): Float64Array {
  const positive = labels.filter((label) => label > 0).length;
  const share = {
    '1': labels.length / (2 * positive),
    '-1': labels.length / (2 * (labels.length - positive)),
  };
  return labels.map((label) => (label > 0 ? share['1'] : share['-1']));
}

/** Scores of each row; the label is their sign, +1 at 0. */
export function probeScores(probe: LinearProbe, phi: Array64): Float64Array {
  if (phi.shape[1] !== probe.coefficients.length)
    throw new LabError('shape', 'probeScores: the probe was fitted to another number of features', {
      argument: 'phi',
      received: phi.shape,
      expected: `[n, ${probe.coefficients.length}]`,
    });
  return scoresOf(probe, phi);
}

/** Accuracy, area under the ROC curve and mean logistic loss on rows with labels. */
export function evaluateProbe(probe: LinearProbe, phi: Array64, y: ArrayLike<number>): BinaryScores {
  return binaryScores(probeScores(probe, phi), signLabels(y, 'of the probe'));
}
