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

/**
 * What a control made of a distribution, divided by its sum.
 *
 * @throws LabError `numeric` naming who made it, for entries that are no weights or all 0, and for the mask among them
 */
export function renormalized(
  weights: Float64Array,
  { by, maskId }: { readonly by: string; readonly maskId: number },
): Float64Array {
  let total = 0;
  for (const each of weights) total += each < 0 ? Number.NaN : each;
  if (!(total > 0 && total < Number.POSITIVE_INFINITY) || weights[maskId] !== 0)
    throw new LabError('numeric', `${by} leaves no distribution of tokens`, {
      expected: 'weights of at least 0, not all of them 0, and 0 for the mask',
      received: { sum: total, mask: weights[maskId] },
    });
  return weights.map((each) => each / total);
}

/** `log` of {@link cleanProbabilities}; -Infinity for the mask and what is impossible. */
export function logProbabilities(logits: Floats, row: Row): Float64Array {
  const offset = logNormalizer(logits, row);
  return Float64Array.from({ length: row.vocabSize }, (_, id) =>
    id === row.maskId ? Number.NEGATIVE_INFINITY : logits[row.start + id]! - offset,
  );
}

/** `log` of {@link cleanProbabilities} at one token. */
export function cleanLogProbability(logits: Floats, token: number, row: Row): number {
  return logits[row.start + token]! - logNormalizer(logits, row);
}

/** Logarithm of the sum of exponentials over all tokens but the mask. */
function logNormalizer(logits: Floats, { start, vocabSize, maskId, place }: Row): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < vocabSize; id++) {
    const logit = logits[start + id]!;
    if (!(logit < Number.POSITIVE_INFINITY)) throw notFinite(place, logit);
    if (id !== maskId && logit > greatest) greatest = logit;
  }
  if (greatest === Number.NEGATIVE_INFINITY) throw notFinite(place, greatest);
  let total = 0;
  for (let id = 0; id < vocabSize; id++) if (id !== maskId) total += Math.exp(logits[start + id]! - greatest);
  return greatest + Math.log(total);
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
