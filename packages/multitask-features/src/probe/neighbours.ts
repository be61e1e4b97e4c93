import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { checkSamples } from '../data/samples';
import { signLabels } from '../data/labels';

/** A head without parameters: the labelled rows themselves. Plain data. */
export interface NeighbourProbe {
  /** [n, m] */
  readonly phi: Array64;
  /** -1 and 1. */
  readonly y: Float64Array;
  /** How many neighbours vote. */
  readonly neighbours: number;
}

export interface NeighbourOptions {
  /** How many neighbours vote, at most as many as there are rows. @default 5 */
  readonly neighbours?: number;
}

/**
 * k nearest neighbours on features [n, m], best after projecting onto few directions (3.3, `projectFirst`).
 *
 * @throws LabError `shape`, `numeric` or `argument` for bad features, labels or number of neighbours
 * @example
 * const probe = fitNeighbours(transform(model, x, { mode: 'project', rank: 3 }), y, { neighbours: 7 });
 */
export function fitNeighbours(
  phi: Array64,
  y: ArrayLike<number>,
  { neighbours = 5 }: NeighbourOptions = {},
): NeighbourProbe {
  const { n } = checkSamples(phi, 'fitNeighbours', 'phi');
  const labels = signLabels(y, 'of the neighbours');
  if (labels.length !== n || labels.some(Number.isNaN))
    throw new LabError('shape', 'fitNeighbours: every row of features needs a label', {
      argument: 'y',
      received: `${labels.length} labels`,
      expected: `${n}`,
    });
  if (!(Number.isInteger(neighbours) && neighbours >= 1 && neighbours <= n))
    throw new LabError('argument', 'fitNeighbours: as many neighbours as there are rows at most', {
      argument: 'neighbours',
      received: neighbours,
      expected: `1 to ${n}`,
    });
  return { phi, y: labels, neighbours };
}

/** The mean label of the nearest rows, in [-1, 1], for each row of features; ties of distance go to the earlier row. */
export function neighbourScores({ phi, y, neighbours }: NeighbourProbe, at: Array64): Float64Array {
  const [rows, size] = phi.shape as [number, number];
  const { n, d } = checkSamples(at, 'neighbourScores', 'phi');
  if (d !== size)
    throw new LabError('shape', 'neighbourScores: the rows have another number of features', {
      argument: 'phi',
      received: at.shape,
      expected: `[n, ${size}]`,
    });
  const nearest = new Float64Array(neighbours);
  const labels = new Float64Array(neighbours);
  return Float64Array.from({ length: n }, (_, i) => {
    let held = 0;
    for (let j = 0; j < rows; j++) {
      let distance = 0;
      for (let k = 0; k < size; k++) distance += (at.data[i * size + k]! - phi.data[j * size + k]!) ** 2;
      if (held === neighbours && distance >= nearest[held - 1]!) continue;
      // Insertion into the few that are held, sorted by distance.
      let place = held < neighbours ? held++ : held - 1;
      for (; place > 0 && nearest[place - 1]! > distance; place--) {
        nearest[place] = nearest[place - 1]!;
        labels[place] = labels[place - 1]!;
      }
      nearest[place] = distance;
      labels[place] = y[j]!;
    }
    return labels.reduce((sum, label) => sum + label, 0) / neighbours;
  });
}
