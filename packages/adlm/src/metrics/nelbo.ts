import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { countCorruptions, everyCorruption, timeCorruptions, type Corruptions } from './corruptions';
import { batchesOf, checkSequences, likelihoodOf, type SequenceSum } from './likelihood';
import type { Likelihood, MaskedScorer, Sequences } from './types';

export interface NelboOptions {
  readonly maskId: number;
  readonly key: Key;
  /**
   * `count` masks a uniform number of positions, `time` each position at a uniform time (as published), `exact` sums over
   * all sets of positions (at most 16).
   *
   * @default 'count'
   */
  readonly estimator?: 'count' | 'time' | 'exact';
  /** Corruptions of a sequence, at least 1; no meaning for `exact`. @default 1 */
  readonly samples?: number;
  /**
   * [count, length], 1 where a token is scored: padding is 0, and for the perplexity of a continuation its prompt is. What is 0
   * is never masked.
   *
   * @default all 1
   */
  readonly targets?: ArrayLike<number>;
  /** Sequences in one call of the model, at least 1. @default 32 */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (fraction: number) => void;
}

/**
 * The continuous-time bound of a masked diffusion model on -log p, a token (section 3.3; MDLM). It is a likelihood bound of
 * the model alone: anchors have no part in it.
 *
 * @throws LabError `argument` for ids that hold the mask or targets without a 1, `numeric` when a value is not finite,
 * `aborted` by the signal
 * @example
 * const { perplexity, standardError } = await nelbo(scorer, chunks, { maskId, key: key(0), samples: 4 });
 */
export async function nelbo(
  scorer: MaskedScorer,
  sequences: Sequences,
  options: NelboOptions,
): Promise<Likelihood> {
  const {
    maskId,
    key,
    estimator = 'count',
    samples = 1,
    targets,
    batchSize = 32,
    signal,
    onProgress,
  } = options;
  checkSequences(sequences, 'nelbo');
  check(sequences, options);
  const { length, count } = sequences;
  const rows: { readonly row: number; readonly masked: readonly number[]; readonly weight: number }[] = [];
  const tokens: number[] = [];
  for (let row = 0; row < count; row++) {
    const positions = Array.from({ length }, (_, i) => i).filter(
      (i) => targets === undefined || targets[row * length + i],
    );
    tokens.push(positions.length);
    const corrupt: Corruptions =
      estimator === 'exact'
        ? everyCorruption
        : (estimator === 'time' ? timeCorruptions : countCorruptions)(foldIn(key, row), samples);
    if (positions.length > 0) rows.push(...corrupt(positions).map((each) => ({ row, ...each })));
  }

  const sums = new Float64Array(count);
  const work = new Int32Array(rows.length * length);
  rows.forEach(({ row, masked }, r) => {
    work.set(sequences.ids.subarray(row * length, (row + 1) * length), r * length);
    for (const position of masked) work[r * length + position] = maskId;
  });
  let modelCalls = 0;
  for (const batch of batchesOf({ ids: work, count: rows.length, length }, batchSize)) {
    if (signal?.aborted) throw new LabError('aborted', 'nelbo: stopped', { cause: signal.reason });
    const clean = new Int32Array(batch.count * length);
    for (let r = 0; r < batch.count; r++) {
      const { row } = rows[batch.start + r]!;
      clean.set(sequences.ids.subarray(row * length, (row + 1) * length), r * length);
    }
    const logProbs = await scorer(batch, clean);
    modelCalls++;
    for (let r = 0; r < batch.count; r++) {
      const { row, masked, weight } = rows[batch.start + r]!;
      for (const position of masked) sums[row]! -= weight * logProbs[r * length + position]!;
    }
    onProgress?.((batch.start + batch.count) / rows.length);
  }
  return likelihoodOf(
    tokens.map((own, row): SequenceSum => ({ sum: sums[row]!, tokens: own })),
    modelCalls,
  );
}

function check(
  { ids, count, length }: Sequences,
  { maskId, estimator, samples = 1, targets }: NelboOptions,
): void {
  if (ids.includes(maskId))
    throw new LabError('argument', 'nelbo: the sequences hold the mask, of which there is no likelihood', {
      argument: 'ids',
      received: maskId,
    });
  if (!Number.isInteger(samples) || samples < 1)
    throw new LabError('argument', 'nelbo: samples is a whole number from 1', {
      argument: 'samples',
      received: samples,
    });
  if (targets && targets.length !== count * length)
    throw new LabError('shape', 'nelbo: targets say of each token whether it counts', {
      argument: 'targets',
      received: targets.length,
      expected: `${count} x ${length}`,
    });
  if (estimator === 'exact' && length > 16)
    throw new LabError('argument', 'nelbo: the exact bound has 2^length terms', {
      argument: 'estimator',
      received: `length ${length}`,
      expected: 'at most 16 positions',
      hint: "take the estimator 'count', which is unbiased",
    });
}
