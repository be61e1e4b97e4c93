import { LabError } from '@lab/tensor-core/errors';
import type { Likelihood, Sequences } from './types';

/** Sums of a sequence: the negative log-likelihood of its tokens, and how many they are. */
export interface SequenceSum {
  readonly sum: number;
  readonly tokens: number;
}

/**
 * The mean over tokens, with the standard error of a ratio of sums over independent sequences.
 *
 * @throws LabError `argument` when no token is counted, `numeric` when a sum is not finite
 */
export function likelihoodOf(sums: readonly SequenceSum[], modelCalls: number): Likelihood {
  const tokens = sums.reduce((total, each) => total + each.tokens, 0);
  if (tokens === 0)
    throw new LabError('argument', 'there is no token to be counted', {
      argument: 'targets',
      hint: 'leave at least one position of one sequence to be scored',
    });
  const broken = sums.findIndex(({ sum }) => !Number.isFinite(sum));
  if (broken >= 0)
    throw new LabError('numeric', `the likelihood of sequence ${broken} is not finite`, {
      received: sums[broken]!.sum,
    });
  const nll = sums.reduce((total, each) => total + each.sum, 0) / tokens;
  const count = sums.length;
  const square = sums.reduce((total, each) => total + (each.sum - nll * each.tokens) ** 2, 0);
  const standardError = count > 1 ? Math.sqrt((square * count) / (count - 1)) / tokens : NaN;
  return {
    nll,
    perplexity: Math.exp(nll),
    bitsPerToken: nll / Math.LN2,
    standardError,
    tokens,
    modelCalls,
  };
}

/** @throws LabError `shape` when ids do not fill the sequences, `argument` for ids out of range */
export function checkSequences({ ids, count, length }: Sequences, where: string): void {
  if (ids.length === count * length && count > 0 && length > 0) return;
  throw new LabError('shape', `${where}: ids fill one or more sequences of one or more tokens`, {
    argument: 'ids',
    received: ids.length,
    expected: `${count} x ${length}`,
  });
}

/** Rows of sequences, `size` at a time. */
export function* batchesOf(
  sequences: Sequences,
  size: number,
): Generator<Sequences & { readonly start: number }> {
  const { ids, count, length } = sequences;
  for (let start = 0; start < count; start += size) {
    const rows = Math.min(size, count - start);
    yield { ids: ids.subarray(start * length, (start + rows) * length), count: rows, length, start };
  }
}
