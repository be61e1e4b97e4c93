import { foldIn } from '@lab/tensor-core/random';
import { disposeTree, tf, type Key, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import {
  assertClean,
  assertDraws,
  likelihoodSummary,
  type Nelbo,
  type NelboOptions,
  type TokenArray,
} from '@lab/diffusion-core/discrete';
import { countedTokens } from '../objective/masked-batch';

export interface DrawnLoss<Params, Batch> {
  readonly vocabSize: number;
  readonly maskId: number;
  /** A batch whose weights sum to the mean over its counted tokens. */
  readonly batch: (tokens: TokenArray, options: { key: Key; mask?: ArrayLike<number> | undefined }) => Batch;
  /** Weighed losses of each token, [B, L]; their sum is the training loss. */
  readonly tokenLosses: (params: Params, batch: Batch) => Tensor;
}

/**
 * The bound of a model whose loss depends on the time, by drawing times and masks as training does: the mean over
 * `samples` batches of all sequences, in groups.
 *
 * @throws LabError `argument` without a key, for numbers of draws that are none or when no token counts; `unsupported` for
 * other estimators and for conditional likelihoods; `aborted`
 */
export async function drawLikelihood<Params, Batch>(
  { vocabSize, maskId, batch: makeBatch, tokenLosses }: DrawnLoss<Params, Batch>,
  params: Params,
  { tokens, options }: { readonly tokens: TokenArray; readonly options: NelboOptions },
): Promise<Nelbo> {
  const { key, samples = 1, batchSize = 16, mask, estimator = 'time', signal } = options;
  if (!key) throw new LabError('argument', 'an estimate draws, so it needs a key', { argument: 'key' });
  if (estimator !== 'time' || options.targets)
    throw new LabError('unsupported', 'the bound of this model is estimated over times, of whole sequences', {
      argument: 'estimator | targets',
      hint: "take estimator: 'time' without targets",
    });
  assertClean(tokens, { vocabSize, maskId });
  assertDraws({ samples, batchSize });
  const [count, length] = tokens.shape as [number, number];
  const counts = countedTokens(tokens, mask);
  const perSequence = new Float64Array(count);
  const counted = new Float64Array(count);
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) counted[Math.floor(i / length)]! += 1;
  const draws: number[] = [];
  let modelCalls = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (let first = 0; first < count; first += batchSize) {
      if (signal?.aborted)
        throw new LabError('aborted', "the likelihood bound was aborted by the caller's signal", {
          cause: signal.reason,
        });
      const rows = Math.min(batchSize, count - first);
      const total = counted.subarray(first, first + rows).reduce((sum, each) => sum + each, 0);
      if (total === 0) continue;
      const [from, to] = [first * length, (first + rows) * length];
      const part = { shape: [rows, length], data: tokens.data.slice(from, to) };
      const flags = mask && Array.from({ length: to - from }, (_, i) => mask[from + i]!);
      const batch = makeBatch(part, { key: foldIn(foldIn(key, sample), first), mask: flags });
      const losses = tf.tidy(() => tokenLosses(params, batch));
      const values = await losses.data();
      disposeTree([batch, losses]);
      modelCalls += 1;
      values.forEach((value, i) => {
        perSequence[first + Math.floor(i / length)]! += (value * total) / samples;
      });
      if (count === 1) draws.push(total * Array.from(values).reduce((sum, each) => sum + each, 0));
    }
  }
  return likelihoodSummary(perSequence, { counted, modelCalls, draws });
}
