import { LabError } from '../errors';
import type { Key } from './key';
import { countOf, type Size } from './size';
import { threefryWords } from './threefry';
import { uniformFromWords } from './uniform';

const tiny = 2 ** -126;

/** Values of the standard Gumbel law, float32. Equal to `jax.random.gumbel` to rounding. */
export function gumbel(key: Key, size: Size): Float32Array {
  const values = uniformFromWords(threefryWords(key, countOf(key, size, 'gumbel')), tiny, 1);
  for (let i = 0; i < values.length; i++) values[i] = -Math.log(Math.fround(-Math.log(values[i]!)));
  return values;
}

export interface CategoricalOptions {
  /** Number of categories: the length of a row of `logits`. @default the length of `logits` (one row) */
  readonly classes?: number;
  /** Draws a row. @default 1 */
  readonly draws?: number;
}

/**
 * Draws categories from unnormalised log-probabilities (by the Gumbel trick). Equal to
 * `jax.random.categorical(key, logits, shape=(draws, rows))`.
 *
 * @param logits row-major [rows, classes]; -Infinity is an impossible category
 * @returns row-major [draws, rows]
 * @throws LabError `argument` for a NaN, +Infinity or a row of impossible categories
 * @example
 * const [arm] = categorical(stepKey, scores);
 */
export function categorical(
  key: Key,
  logits: ArrayLike<number>,
  { classes = logits.length, draws = 1 }: CategoricalOptions = {},
): Int32Array {
  const rows = logits.length / classes;
  if (!Number.isInteger(classes) || classes < 1 || !Number.isInteger(rows) || rows < 1)
    throw new LabError('shape', 'categorical: logits are rows of `classes` values each', {
      argument: 'classes',
      received: { values: logits.length, classes },
    });
  const scores = Float32Array.from(logits);
  for (let row = 0; row < rows; row++) checkRow(scores.subarray(row * classes, (row + 1) * classes), row);
  const noise = gumbel(key, [draws, rows, classes]);
  const chosen = new Int32Array(draws * rows);
  for (let i = 0; i < chosen.length; i++) {
    const row = (i % rows) * classes;
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const score = Math.fround(noise[i * classes + k]! + scores[row + k]!);
      if (score > best) {
        best = score;
        chosen[i] = k;
      }
    }
  }
  return chosen;
}

function checkRow(scores: Float32Array, row: number): void {
  let possible = false;
  for (const score of scores) {
    if (!(score < Number.POSITIVE_INFINITY))
      throw new LabError('argument', 'categorical: a logit is a number or -Infinity', {
        argument: 'logits',
        received: `${String(score)} in row ${row}`,
      });
    if (score > Number.NEGATIVE_INFINITY) possible = true;
  }
  if (!possible)
    throw new LabError('argument', 'categorical: every category is impossible', {
      argument: 'logits',
      received: `-Infinity throughout row ${row}`,
    });
}
