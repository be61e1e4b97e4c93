import { LabError } from '@lab/tensor-core/errors';
import type { TokenArray, TokenDenoiser } from '../types';
import { assertLength, assertTokens } from '../validate';
import type { SampleTokensOptions } from './options';

/**
 * Where sampling starts: masks alone of a shape, or a copy of the sequences to fill.
 *
 * @throws LabError `argument` unless there is one of the two, and for ids and lengths that the model does not take; `shape`
 */
export function firstTokens(
  model: Pick<TokenDenoiser, 'vocabSize' | 'maskId' | 'maxLength'>,
  { shape, init }: Pick<SampleTokensOptions, 'shape' | 'init'>,
): TokenArray {
  if ((shape === undefined) === (init === undefined))
    throw new LabError('argument', 'give either the shape of the samples or the sequences to fill', {
      argument: 'shape | init',
      received: init === undefined ? 'neither' : 'both',
    });
  if (init) {
    assertTokens(init, model.vocabSize, 'init');
    assertLength(init.shape[1]!, model);
    return { shape: init.shape, data: Int32Array.from(init.data) };
  }
  const [batch = 0, length = 0] = shape!;
  if (shape!.length !== 2 || !Number.isInteger(batch) || batch < 1)
    throw new LabError('shape', 'a shape of samples is [batch, length], both at least 1', {
      argument: 'shape',
      received: shape,
    });
  assertLength(length, model);
  return { shape: [batch, length], data: new Int32Array(batch * length).fill(model.maskId) };
}
