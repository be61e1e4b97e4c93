import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';
import type { MaskingSchedule, TokenArray } from '../types';
import { assertWithin } from '../validate';

export interface MaskTokensOptions {
  readonly maskId: number;
  /** The chance of a place to stay, in [0, 1]: one for all sequences, or one a sequence. */
  readonly alpha: number | ArrayLike<number>;
  readonly key: Key;
  /** 1 at the places that may be masked, row-major [batch, length]. @default all */
  readonly maskable?: ArrayLike<number> | undefined;
}

/**
 * A draw of the forward process, `q(z_t | x) = Cat(alpha x + (1 - alpha) mask)`, independently for all places; uniform
 * numbers of double precision. Sequence i draws from `foldIn(key, i)`.
 */
export function maskTokens(
  tokens: TokenArray,
  { maskId, alpha, key, maskable }: MaskTokensOptions,
): TokenArray {
  const [batch, length] = tokens.shape as [number, number];
  const data = Int32Array.from(tokens.data);
  for (let sequence = 0; sequence < batch; sequence++) {
    const stay = typeof alpha === 'number' ? alpha : alpha[sequence]!;
    assertWithin('alpha', stay, [0, 1]);
    const draws = uniform64(foldIn(key, sequence), length);
    for (let place = 0; place < length; place++) {
      const at = sequence * length + place;
      if ((maskable === undefined || maskable[at]! !== 0) && draws[place]! < 1 - stay) data[at] = maskId;
    }
  }
  return { shape: tokens.shape, data };
}

export interface MaskingTimesOptions {
  readonly key: Key;
  /** One draw in each of `count` equal parts of the range instead of independent draws. @default true */
  readonly antithetic?: boolean;
  /** The least time: at 0 nothing is masked and the weight of the loss is infinite. @default 1e-3 */
  readonly least?: number;
}

/** Times in [least, 1], one a sequence of a batch. */
export function maskingTimes(
  count: number,
  { key, antithetic = true, least = 1e-3 }: MaskingTimesOptions,
): Float64Array {
  if (!(least >= 0 && least < 1))
    throw new LabError('argument', 'least, the least time, lies in [0, 1)', {
      argument: 'least',
      received: least,
    });
  return uniform64(key, count).map((u, i) => {
    const spread = antithetic ? (u / count + i / count) % 1 : u;
    return (1 - least) * spread + least;
  });
}

/** Times even in the chance of masking, and not in time: `u` in [0, 1] to t (the change of variables of MDLM). */
export function evenMaskingTime(u: number, schedule: MaskingSchedule, least = 1e-3): number {
  const moved = (t: number): number => Math.log(-Math.expm1(-schedule.totalNoise(t)));
  const wanted = moved(least) + u * (moved(1) - moved(least));
  let [low, high] = [least, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (moved(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
