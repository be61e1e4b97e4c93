import { foldIn } from '@lab/tensor-core/random';
import { disposeTree, tf, type Key, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { assertClean, type Nelbo, type NelboOptions, type TokenArray } from '@lab/diffusion-core/discrete';
import { likelihoodSummary } from '../autoregressive/causal-likelihood';

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
 */
export async function drawLikelihood<Params, Batch>(
  { vocabSize, maskId, batch: makeBatch, tokenLosses }: DrawnLoss<Params, Batch>,
  params: Params,
  { tokens, options }: { readonly tokens: TokenArray; readonly options: NelboOptions },
): Promise<Nelbo> {
  const { key, samples = 8, batchSize = 16, mask, estimator = 'time' } = options;
  if (!key) throw new LabError('argument', 'an estimate draws, so it needs a key', { argument: 'key' });
  if (estimator !== 'time' || options.targets)
    throw new LabError('unsupported', 'the bound of this model is estimated over times, of whole sequences', {
      argument: 'estimator | targets',
      hint: "take estimator: 'time' without targets",
    });
  assertClean(tokens, { vocabSize, maskId });
  const [count, length] = tokens.shape as [number, number];
  const perSequence = new Float64Array(count);
  const counted = new Float64Array(count);
  for (let i = 0; i < tokens.data.length; i++)
    if ((mask?.[i] ?? 1) !== 0) counted[Math.floor(i / length)]! += 1;
  let modelCalls = 0;
  for (let sample = 0; sample < samples; sample++)
    for (let first = 0; first < count; first += batchSize) {
      const rows = Math.min(batchSize, count - first);
      const [from, to] = [first * length, (first + rows) * length];
      const part = { shape: [rows, length], data: tokens.data.slice(from, to) };
      const flags = mask && Array.from({ length: to - from }, (_, i) => mask[from + i]!);
      const batch = makeBatch(part, { key: foldIn(foldIn(key, sample), first), mask: flags });
      const losses = tf.tidy(() => tokenLosses(params, batch));
      const values = await losses.data();
      disposeTree([batch, losses]);
      modelCalls += 1;
      const total = counted.subarray(first, first + rows).reduce((sum, each) => sum + each, 0);
      values.forEach((value, i) => {
        perSequence[first + Math.floor(i / length)]! += (value * total) / samples;
      });
    }
  return likelihoodSummary(perSequence, { counted, modelCalls });
}
