import { foldIn, type Key } from '@lab/tensor-core/random';
import type { CausalLanguageModel } from '../../autoregressive/causal-model';
import { generativePerplexity, lastStates, mauve, zeroShot } from '../../metrics';
import type { Trained } from '../shared/train-models';
import type { MethodRun } from './claims';
import type { Corpus } from './corpus';
import type { TextSettings } from './text';

interface SamplesOptions {
  readonly corpus: Corpus;
  readonly settings: TextSettings;
  readonly key: Key;
  readonly signal: AbortSignal;
  /** The autoregressive model, by whose perplexity and features samples are judged. */
  readonly evaluator: CausalLanguageModel<object>;
  readonly params: object;
}

/** What is measured of one trained model besides its likelihood. */
export async function samplesOf(
  { model, params }: Trained,
  { corpus, settings, key, signal, evaluator, params: weights }: SamplesOptions,
): Promise<Pick<MethodRun, 'novelNll' | 'generativePerplexity' | 'entropy' | 'mauveStar' | 'example'>> {
  const { tokenizer, novel, validation } = corpus;
  const { length } = settings;
  const novelResult = await zeroShot(
    (tokens) => model.likelihood(params, tokens, { key: foldIn(key, 0), samples: 2, batchSize: 8, signal }),
    novel,
    { tokenizer, length, maxChunks: settings.novelChunks },
  );
  const { samples } = await model.sample(params, {
    shape: [settings.samples, length],
    key: foldIn(key, 1),
    signal,
    ...((model as unknown) !== evaluator && { steps: length }),
  });
  const rows = Array.from({ length: settings.samples }, (_, i) =>
    samples.data.slice(i * length, (i + 1) * length),
  );
  const judged = await generativePerplexity((tokens) => evaluator.score(weights, tokens), rows, {
    eosId: tokenizer.eosId,
    maxLength: length,
    signal,
  });
  const count = Math.min(settings.samples, validation.shape[0]!);
  const human = { shape: [count, length], data: validation.data.slice(0, count * length) };
  const { mauveStar } = mauve(
    await lastStates(evaluator, weights, human),
    await lastStates(evaluator, weights, samples),
    { key: foldIn(key, 2) },
  );
  return {
    novelNll: novelResult.nllPerToken,
    generativePerplexity: judged.perplexity,
    entropy: judged.entropy,
    mauveStar,
    example: tokenizer.decode(rows[0]!),
  };
}
