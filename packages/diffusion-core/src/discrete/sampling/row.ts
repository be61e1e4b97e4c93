import { LabError } from '@lab/tensor-core/errors';
import type { Floats } from '../types';

export interface Row {
  /** Where the row begins in the logits. */
  readonly start: number;
  readonly vocabSize: number;
  /** Never a clean token: it has probability 0. */
  readonly maskId: number;
  /** @default 1 */
  readonly temperature?: number | undefined;
  /** Named in errors. */
  readonly place: string;
}

/**
 * The distribution of the clean token behind a mask, from a row of logits: a softmax without the mask's column, in double
 * precision whatever the logits are (single precision cuts the tails off and samples as if it were colder).
 *
 * @throws LabError `numeric` for NaN, +Infinity or a row of impossible tokens
 */
export function cleanProbabilities(
  logits: Floats,
  { start, vocabSize, maskId, temperature = 1, place }: Row,
): Float64Array {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < vocabSize; id++) {
    const logit = logits[start + id]!;
    if (!(logit < Number.POSITIVE_INFINITY)) throw notFinite(place, logit);
    if (id !== maskId && logit > greatest) greatest = logit;
  }
  if (greatest === Number.NEGATIVE_INFINITY) throw notFinite(place, greatest);
  const probabilities = new Float64Array(vocabSize);
  let total = 0;
  for (let id = 0; id < vocabSize; id++) {
    if (id === maskId) continue;
    total += probabilities[id] = Math.exp((logits[start + id]! - greatest) / temperature);
  }
  for (let id = 0; id < vocabSize; id++) probabilities[id]! /= total;
  return probabilities;
}

/** `log` of {@link cleanProbabilities} at one token. */
export function cleanLogProbability(logits: Floats, token: number, row: Row): number {
  const { start, vocabSize, maskId, place } = row;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < vocabSize; id++) {
    const logit = logits[start + id]!;
    if (!(logit < Number.POSITIVE_INFINITY)) throw notFinite(place, logit);
    if (id !== maskId && logit > greatest) greatest = logit;
  }
  if (greatest === Number.NEGATIVE_INFINITY) throw notFinite(place, greatest);
  let total = 0;
  for (let id = 0; id < vocabSize; id++) if (id !== maskId) total += Math.exp(logits[start + id]! - greatest);
  return logits[start + token]! - greatest - Math.log(total);
}

function notFinite(place: string, received: number): LabError {
  return new LabError('numeric', `the model's logits at ${place} give no distribution`, {
    expected: 'numbers below infinity, at least one of them above -Infinity',
    received: String(received),
  });
}

/**
 * A token of a distribution by its cumulative sums. What does not sum to 1, as single precision leaves it, is read
 * relative to its sum.
 *
 * @param uniform in [0, 1), of double precision
 * @throws LabError `numeric` when no entry is positive
 */
export function drawToken(probabilities: Floats, uniform: number): number {
  let total = 0;
  for (const each of probabilities) total += each;
  const wanted = uniform * total;
  let [sum, last] = [0, -1];
  for (let id = 0; id < probabilities.length; id++) {
    const each = probabilities[id]!;
    if (each <= 0) continue;
    sum += each;
    last = id;
    if (wanted < sum) return id;
  }
  if (last < 0 || !Number.isFinite(total))
    throw new LabError('numeric', 'a distribution needs a positive entry', { received: String(total) });
  return last;
}

/** The token of greatest probability, the first of equals. */
export function likeliest(probabilities: Floats): number {
  let best = 0;
  for (let id = 1; id < probabilities.length; id++) if (probabilities[id]! > probabilities[best]!) best = id;
  return best;
}
