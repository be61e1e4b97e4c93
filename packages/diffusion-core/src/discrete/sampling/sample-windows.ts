import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import type { TokenArray, TokenDenoiser, TokenPrediction } from '../types';
import { assertTokens } from '../validate';
import type { SampleTokensOptions, SampleTokensResult } from './options';
import { sampleTokens } from './sample-tokens';

export interface SampleWindowsOptions<Prediction extends TokenPrediction> extends Omit<
  SampleTokensOptions<Prediction>,
  'shape' | 'init'
> {
  /** Sequences. */
  readonly batch: number;
  /** Tokens in all, at least `window`. */
  readonly length: number;
  /** Tokens the model sees at once. */
  readonly window: number;
  /** New tokens of each window after the first, from 1 to `window`. @default half the window */
  readonly stride?: number;
  /** Tokens to go on from, [batch, n] with n below `window`. */
  readonly prefix?: TokenArray;
}

/**
 * Sequences longer than the model's, window by window: the last `window - stride` tokens of one are given to the next
 * (semi-autoregressive generation, Sahoo et al. 2024). `steps` are those of one window.
 *
 * @example
 * const { samples } = await sampleWindows(denoiser, { batch: 1, length: 4096, window: 1024, key: key(0) });
 */
export async function sampleWindows<Prediction extends TokenPrediction>(
  denoiser: TokenDenoiser<Prediction>,
  options: SampleWindowsOptions<Prediction>,
): Promise<SampleTokensResult> {
  const { batch, length, window, prefix, key, ...rest } = options;
  const { stride = Math.max(1, Math.floor(window / 2)), ...sampling } = rest;
  if (!(window >= 1 && length >= window && stride >= 1 && stride <= window && Number.isInteger(stride)))
    throw new LabError('argument', 'windows need 1 <= stride <= window <= length', {
      argument: 'window, stride, length',
      received: { window, stride, length },
    });
  const data = new Int32Array(batch * length).fill(denoiser.maskId);
  if (prefix) {
    assertTokens(prefix, denoiser.vocabSize, 'prefix');
    const [rows, given] = prefix.shape as [number, number];
    if (rows !== batch || given >= window)
      throw new LabError('shape', 'a prefix is [batch, n] with n below the window', {
        argument: 'prefix',
        received: prefix.shape,
      });
    for (let row = 0; row < batch; row++)
      data.set(prefix.data.subarray(row * given, (row + 1) * given), row * length);
  }
  let result: Omit<SampleTokensResult, 'samples'> | undefined;
  for (let end = window, index = 0; ; end = Math.min(length, end + stride), index++) {
    const init = new Int32Array(batch * window);
    const of = (row: number): Int32Array => data.subarray(row * length + end - window, row * length + end);
    for (let row = 0; row < batch; row++) init.set(of(row), row * window);
    const part = await sampleTokens<Prediction>(denoiser, {
      ...sampling,
      init: { shape: [batch, window], data: init },
      key: foldIn(key, index),
    });
    for (let row = 0; row < batch; row++)
      of(row).set(part.samples.data.subarray(row * window, (row + 1) * window));
    const { samples: _, ...cost } = part;
    result = result ? added(result, cost) : cost;
    if (end === length) break;
  }
  return { samples: { shape: [batch, length], data }, ...result };
}

function added<Cost extends Omit<SampleTokensResult, 'samples'>>(a: Cost, b: Cost): Cost {
  const names = Object.keys(a) as (keyof Omit<SampleTokensResult, 'samples'>)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Cost;
}
