import type { ExecutionChoice, Key } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, permutation, uniform64 } from '@lab/tensor-core/random';
import { throwIfAborted } from '../../sampling/abort';
import { exactNelbo } from '../exact/exact-nelbo';
import { maskingTimes, maskTokens } from '../forward/mask-tokens';
import { logLinearMasking } from '../schedules/masking';
import type { MaskingSchedule, TokenArray, TokenDenoiser } from '../types';
import { assertClean, assertDraws, assertLength } from '../validate';
import { maskedCrossEntropy } from './masked-cross-entropy';
import { likelihoodSummary, type Nelbo } from './summary';

export interface NelboOptions {
  /**
   * - `count`: masks a uniform number k of the n places, uniformly which, and weighs by n / k. Unbiased, and without
   *   noise of its own where the cross-entropy is the same everywhere. For denoisers that are not told of the time
   * - `time`: the usual estimator: a time in [1e-3, 1], antithetic over the batch, and the schedule's weight. As masks of
   *   less noise are not drawn, it is a little low: by a thousandth with the default schedule and equal cross-entropies
   * - `exact`: all subsets of places, for sequences up to 16 tokens
   *
   * @default 'count'
   */
  readonly estimator?: 'count' | 'time' | 'exact';
  /** Draws a sequence. @default 1 */
  readonly samples?: number;
  /** Not needed for `exact`. */
  readonly key?: Key;
  /** The schedule of `time`. @default logLinearMasking() */
  readonly schedule?: MaskingSchedule;
  /** 1 at places that count, row-major [batch, length]; padding is 0. @default all */
  readonly mask?: ArrayLike<number>;
  /** 1 at places that may be masked, the rest being given: a conditional likelihood. @default all */
  readonly targets?: ArrayLike<number>;
  /** Sequences a call of the denoiser. @default 16 */
  readonly batchSize?: number;
  /** @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The likelihood bound of masked diffusion in continuous time (Sahoo et al. 2024, eq. 10), by default by its fixed-count
 * form, which is the same number for every schedule.
 *
 * @throws LabError `argument` for tokens that contain the mask, masks that leave nothing to count, numbers of draws that are
 * none, or a count estimate of a time-conditioned denoiser
 * @example
 * const { perplexity, standardError } = await nelbo(denoiser, tokens, { samples: 8, key: key(0) });
 */
export async function nelbo(
  denoiser: TokenDenoiser,
  tokens: TokenArray,
  options: NelboOptions = {},
): Promise<Nelbo> {
  const { estimator = 'count', samples = 1, mask, targets, batchSize = 16, signal } = options;
  assertClean(tokens, denoiser);
  const [batch, length] = tokens.shape as [number, number];
  assertLength(length, denoiser);
  assertDraws({ samples, batchSize });
  for (const [name, flags] of Object.entries({ mask, targets }))
    if (flags !== undefined && flags.length !== tokens.data.length)
      throw new LabError('shape', `${name} has one entry a token`, {
        argument: name,
        expected: tokens.data.length,
        received: flags.length,
      });
  const counts = (at: number): boolean => (mask?.[at] ?? 1) !== 0 && (targets?.[at] ?? 1) !== 0;
  const counted = new Float64Array(batch);
  for (let at = 0; at < tokens.data.length; at++) if (counts(at)) counted[Math.floor(at / length)]! += 1;
  if (counted.every((each) => each === 0))
    throw new LabError('argument', 'mask and targets leave no token to count', { argument: 'mask' });

  if (estimator === 'exact') {
    const perSequence = await exactNelbo(denoiser, tokens, { mask, targets });
    return likelihoodSummary(perSequence, { counted, modelCalls: batch });
  }
  const { key } = options;
  if (!key) throw new LabError('argument', 'an estimate draws, so it needs a key', { argument: 'key' });
  if (estimator === 'count' && denoiser.timeConditioned)
    throw new LabError('argument', 'the count estimator is for denoisers that are not told of the time', {
      argument: 'estimator',
      hint: "take estimator: 'time'",
    });
  const drawn: Drawn = { tokens, targets, key, schedule: options.schedule ?? logLinearMasking() };
  const draws: number[] = [];
  const perSequence = new Float64Array(batch);
  let modelCalls = 0;
  for (let sample = 0; sample < samples; sample++) {
    const weighed =
      estimator === 'count' ? maskByCount(denoiser, drawn, sample) : maskByTime(denoiser, drawn, sample);
    for (const group of weighed.groups(batchSize)) {
      throwIfAborted(signal, 'the likelihood bound');
      const losses = await maskedCrossEntropy(denoiser, group.noisy, {
        targets: group.clean,
        context: {
          totalNoise: group.totalNoise,
          engine: options.engine,
          calls: (samples * batch) / batchSize,
        },
      });
      modelCalls += 1;
      for (let row = 0; row < group.noisy.shape[0]!; row++) {
        const sequence = group.first + row;
        let sum = 0;
        for (let place = 0; place < length; place++)
          if (counts(sequence * length + place)) sum += losses[row * length + place]!;
        const value = sum * weighed.weights[sequence]!;
        if (batch === 1) draws.push(value);
        perSequence[sequence]! += value / samples;
      }
    }
  }
  return likelihoodSummary(perSequence, { counted, modelCalls, draws });
}

interface Drawn {
  readonly tokens: TokenArray;
  readonly targets: ArrayLike<number> | undefined;
  readonly key: Key;
  readonly schedule: MaskingSchedule;
}

interface Group {
  readonly first: number;
  readonly noisy: TokenArray;
  readonly clean: TokenArray;
  readonly totalNoise: number;
}

interface Weighed {
  readonly weights: Float64Array;
  groups(batchSize: number): Group[];
}

function maskByCount({ maskId }: TokenDenoiser, { tokens, targets, key }: Drawn, sample: number): Weighed {
  const [batch, length] = tokens.shape as [number, number];
  const data = Int32Array.from(tokens.data);
  const weights = new Float64Array(batch);
  for (let sequence = 0; sequence < batch; sequence++) {
    const own = foldIn(foldIn(key, sequence), sample);
    const places = Array.from({ length }, (_, place) => sequence * length + place).filter(
      (at) => (targets?.[at] ?? 1) !== 0,
    );
    const n = places.length;
    if (n === 0) continue;
    const [draw = 0] = uniform64(foldIn(own, 0), 1);
    const k = Math.min(n, 1 + Math.floor(draw * n));
    for (const i of permutation(foldIn(own, 1), n).subarray(0, k)) data[places[i]!] = maskId;
    weights[sequence] = n / k;
  }
  return { weights, groups: grouped({ shape: tokens.shape, data }, tokens) };
}

function maskByTime({ maskId, timeConditioned }: TokenDenoiser, drawn: Drawn, sample: number): Weighed {
  const { tokens, targets, schedule } = drawn;
  const own = foldIn(drawn.key, sample);
  const times = maskingTimes(tokens.shape[0]!, { key: foldIn(own, 0) });
  const noisy = maskTokens(tokens, {
    maskId,
    alpha: Array.from(times, (t) => schedule.alpha(t)),
    key: foldIn(own, 1),
    maskable: targets,
  });
  const noises = timeConditioned ? Array.from(times, (t) => schedule.totalNoise(t)) : undefined;
  return { weights: times.map((t) => schedule.lossWeight(t)), groups: grouped(noisy, tokens, noises) };
}

/** Slices of a batch; a denoiser that is told of the time gets one sequence at once, since it is told one time. */
function grouped(noisy: TokenArray, clean: TokenArray, totalNoises?: readonly number[]) {
  const [batch, length] = noisy.shape as [number, number];
  return (batchSize: number): Group[] => {
    const size = totalNoises ? 1 : batchSize;
    const slice = (from: TokenArray, first: number): TokenArray => {
      const data = from.data.slice(first * length, (first + size) * length);
      return { shape: [data.length / length, length], data };
    };
    return Array.from({ length: Math.ceil(batch / size) }, (_, i) => ({
      first: i * size,
      noisy: slice(noisy, i * size),
      clean: slice(clean, i * size),
      totalNoise: totalNoises?.[i] ?? 0,
    }));
  };
}
