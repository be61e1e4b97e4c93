import { eventLoopBreather, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';
import {
  assertClean,
  cleanProbabilities,
  drawToken,
  firstTokens,
  logLinearMasking,
  maskingTimes,
  networkTokenDenoiser,
  steered,
  tokenTransformer,
  transformerSize,
  withoutMask,
  type SampleTokensOptions,
  type SampleTokensResult,
  type TokenDenoiser,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import type { LanguageModel } from '../model/types';
import { countedTokens } from '../objective/masked-batch';
import { drawLikelihood } from './draw-likelihood';
import type { MdlmOptions } from './mdlm';

/** Sizes and schedule; times are antithetic and even. */
export type UdlmOptions = Omit<MdlmOptions, 'antithetic' | 'spread'>;

export interface UdlmBatch {
  /** int32 [B, L] */
  readonly tokens: Tensor;
  readonly noisy: Tensor;
  /** Of sum 1, [B, L]. */
  readonly weights: Tensor;
  /** Chance of not having been redrawn, and its slope in time, [B, 1, 1] each. */
  readonly alpha: Tensor;
  readonly slope: Tensor;
  readonly totalNoise: Tensor;
}

/**
 * What the likelihood bound of uniform-state diffusion integrates over time, at each place [...]: 0 where the prediction is
 * the truth, and least for the law of a token given all the others (Schiff et al. 2025; Sahoo et al. 2025).
 *
 * @param probabilities predictions [..., K] of the clean token
 * @param alpha, slope chance of not having been redrawn and its derivative in time; they broadcast to [..., K]
 */
export function uniformStateIntegrand(
  probabilities: Tensor,
  { tokens, noisy, alpha, slope }: { tokens: Tensor; noisy: Tensor; alpha: Tensor; slope: Tensor },
): Tensor {
  return tf.tidy(() => {
    const K = probabilities.shape.at(-1)!;
    const hot = (ids: Tensor): Tensor => tf.cast(tf.oneHot(tf.cast(ids, 'int32'), K), 'float32');
    const mixed = (law: Tensor): Tensor => tf.add(tf.mul(tf.mul(alpha, K), law), tf.sub(1, alpha));
    const [truth, guess, seen] = [mixed(hot(tokens)), mixed(probabilities), hot(noisy)];
    const at = (law: Tensor): Tensor => tf.sum(tf.mul(law, seen), -1, true);
    const [truthAt, guessAt] = [at(truth), at(guess)];
    const logs = tf.sub(tf.sub(tf.add(tf.log(guessAt), tf.log(truth)), tf.log(guess)), tf.log(truthAt));
    const divergence = tf.sum(tf.mul(tf.div(truth, truthAt), logs), -1, true);
    const inner = tf.sub(tf.sub(tf.div(K, truthAt), tf.div(K, guessAt)), divergence);
    return tf.squeeze(tf.mul(tf.div(slope, tf.mul(alpha, K)), inner), [-1]);
  });
}

/**
 * The law of a place one step before in uniform-state diffusion, given its token now and a prediction of the clean one.
 *
 * @param probabilities prediction [K]
 */
export function uniformStatePosterior(
  probabilities: Float64Array,
  { token, alpha, alphaNext }: { token: number; alpha: number; alphaNext: number },
): Float64Array {
  const K = probabilities.length;
  const ratio = alpha / alphaNext;
  const total = alpha * K * probabilities[token]! + 1 - alpha;
  return probabilities.map((p, id) => {
    const same = id === token ? alpha * K * p + ratio - alpha : 0;
    return (same + (alphaNext - alpha) * p + ((1 - ratio) * (1 - alphaNext)) / K) / total;
  });
}

/** The uniform-state baseline (UDLM, the base of DUO): tokens are redrawn uniformly instead of masked. */
export function udlm(options: UdlmOptions): LanguageModel<TokenTransformerParams, UdlmBatch> {
  const { vocabSize, maskId = vocabSize - 1, maxLength, schedule = logLinearMasking(), ...rest } = options;
  if (maskId !== vocabSize - 1)
    throw new LabError(
      'unsupported',
      'uniform-state diffusion has no mask: it must be the last id, left out',
      {
        argument: 'maskId',
        expected: vocabSize - 1,
        received: maskId,
      },
    );
  const real = vocabSize - 1;
  const sizes = { ...rest, vocabSize };
  const network = tokenTransformer(sizes);
  const batch: LanguageModel<TokenTransformerParams, UdlmBatch>['batch'] = (tokens, { key, mask }) => {
    assertClean(tokens, { vocabSize, maskId });
    const shape = tokens.shape as [number, number];
    const times = maskingTimes(shape[0], { key: foldIn(key, 0) });
    const draws = uniform64(foldIn(key, 1), 2 * tokens.data.length);
    const noisy = tokens.data.map((id, at) => {
      const stays = draws[2 * at]! < schedule.alpha(times[Math.floor(at / shape[1])]!);
      return stays ? id : Math.floor(draws[2 * at + 1]! * real);
    });
    const column = (of: (t: number) => number): Tensor =>
      tf.tensor3d(Array.from(times, of), [shape[0], 1, 1]);
    return {
      tokens: tf.tensor2d(tokens.data, shape, 'int32'),
      noisy: tf.tensor2d(noisy, shape, 'int32'),
      weights: tf.tensor2d(countedTokens(tokens, mask), shape),
      alpha: column((t) => schedule.alpha(t)),
      slope: column((t) => -schedule.rate(t) * schedule.alpha(t)),
      totalNoise: tf.tensor1d(Array.from(times, (t) => schedule.totalNoise(t))),
    };
  };
  const tokenLosses = (params: TokenTransformerParams, each: UdlmBatch, dropoutKey?: Key): Tensor => {
    const inputs = { totalNoise: each.totalNoise, dropoutKey };
    const logits = withoutMask(network.apply(params, each.noisy, inputs), maskId);
    const probabilities = tf.softmax(tf.slice(logits, [0, 0, 0], [-1, -1, real]));
    return tf.mul(each.weights, uniformStateIntegrand(probabilities, each));
  };
  return {
    name: 'UDLM',
    vocabSize,
    size: transformerSize(sizes),
    init: (key) => network.init(key),
    batch,
    loss: (params, each, key) => tf.sum(tokenLosses(params, each, key)),
    likelihood: (params, tokens, given = {}) =>
      drawLikelihood(
        { vocabSize, maskId, tokenLosses, batch: (part, at) => batch(part, { ...at, progress: 0 }) },
        params,
        { tokens, options: given },
      ),
    async sample(params, given) {
      const denoiser = networkTokenDenoiser(network, params, {
        vocabSize,
        maskId,
        maxLength,
        timeConditioned: true,
      });
      return sampleUniformState(denoiser, { ...given, schedule }).finally(() => denoiser.dispose?.());
    },
  };
}

async function sampleUniformState(
  denoiser: TokenDenoiser,
  {
    steps,
    key,
    schedule,
    signal,
    onStep,
    temperature = 1,
    engine,
    ...rest
  }: SampleTokensOptions & { schedule: NonNullable<SampleTokensOptions['schedule']> },
): Promise<SampleTokensResult> {
  const refused = (['solver', 'init', 'times', 'cache'] as const).find((name) => rest[name] !== undefined);
  if (refused)
    throw new LabError('argument', 'uniform-state diffusion samples whole sequences, in even steps', {
      argument: refused,
      hint: 'leave it out, and give shape and steps',
    });
  const [batch, length] = firstTokens(denoiser, rest).shape as [number, number];
  const { vocabSize, maskId } = denoiser;
  const count = steps ?? length;
  if (!(Number.isInteger(count) && count >= 1))
    throw new LabError('argument', 'steps is a positive integer', { argument: 'steps', received: count });
  const begun = performance.now();
  const breathe = eventLoopBreather();
  const start = uniform64(foldIn(key, 0), batch * length);
  const data = Int32Array.from(start, (u) => Math.floor(u * (vocabSize - 1)));
  const tokens = { shape: [batch, length], data };
  for (let index = 0; index < count; index++) {
    if (signal?.aborted)
      throw new LabError('aborted', "sampling was aborted by the caller's signal", { cause: signal.reason });
    const [t, tNext] = [1 - index / count, 1 - (index + 1) / count];
    const [alpha, alphaNext] = [schedule.alpha(t), schedule.alpha(tNext)];
    const prediction = await denoiser.predict(tokens, {
      totalNoise: schedule.totalNoise(t),
      engine,
      calls: count,
    });
    const draws = uniform64(foldIn(foldIn(key, 1), index), data.length);
    const before = Int32Array.from(data);
    for (let at = 0; at < data.length; at++) {
      const [sequence, place] = [Math.floor(at / length), at % length];
      const named = `step ${index}, sequence ${sequence}, place ${place}`;
      const row = { start: at * vocabSize, vocabSize, maskId, temperature, place: named };
      const seen = before.subarray(sequence * length, (sequence + 1) * length);
      const where = { sequence, place, tokens: seen, maskId, t };
      const clean = steered(cleanProbabilities(prediction.logits, row), where, rest);
      data[at] = drawToken(
        uniformStatePosterior(clean.subarray(0, maskId), { token: before[at]!, alpha, alphaNext }),
        draws[at]!,
      );
    }
    await onStep?.({
      index,
      steps: count,
      t,
      tNext,
      alpha,
      alphaNext,
      tokens,
      predictionOf: (row) => ({ prediction, row }),
      modelCalls: index + 1,
      seconds: (performance.now() - begun) / 1000,
    });
    await breathe();
  }
  const seconds = (performance.now() - begun) / 1000;
  return {
    samples: tokens,
    modelCalls: count,
    sequencesPredicted: count * batch,
    steps: count,
    seconds,
    filledLast: 0,
  };
}
