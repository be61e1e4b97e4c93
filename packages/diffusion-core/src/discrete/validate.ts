import { LabError } from '@lab/tensor-core/errors';
import type { TokenArray, TokenDenoiser } from './types';

/** Refuses what is not [batch, length] ids; both sizes at least 1. */
export function assertTokens(tokens: TokenArray, vocabSize: number, argument = 'tokens'): void {
  const [batch = 0, length = 0] = tokens.shape;
  if (tokens.shape.length !== 2 || batch < 1 || length < 1 || tokens.data.length !== batch * length)
    throw new LabError('shape', `${argument}: token ids are [batch, length], both at least 1`, {
      argument,
      received: { shape: tokens.shape, values: tokens.data.length },
    });
  const at = tokens.data.findIndex((id) => id < 0 || id >= vocabSize);
  if (at >= 0)
    throw new LabError('argument', `${argument}: a token id is not in the vocabulary`, {
      argument,
      expected: `0 to ${vocabSize - 1}`,
      received: `${tokens.data[at]!} at [${Math.floor(at / length)}, ${at % length}]`,
    });
}

/** Refuses clean tokens that contain the mask, which no model can put out. */
export function assertClean(
  tokens: TokenArray,
  { vocabSize, maskId }: Pick<TokenDenoiser, 'vocabSize' | 'maskId'>,
): void {
  assertTokens(tokens, vocabSize);
  const at = tokens.data.indexOf(maskId);
  if (at >= 0)
    throw new LabError('argument', 'clean tokens must not contain the mask', {
      argument: 'tokens',
      received: `the mask's id ${maskId} at [${Math.floor(at / tokens.shape[1]!)}, ${at % tokens.shape[1]!}]`,
      hint: 'the mask is an id of its own, one past the real tokens',
    });
}

/** Refuses sequences longer than the denoiser takes. */
export function assertLength(length: number, { maxLength }: Pick<TokenDenoiser, 'maxLength'>): void {
  if (!Number.isInteger(length) || length < 1 || length > (maxLength ?? Number.POSITIVE_INFINITY))
    throw new LabError(
      'argument',
      'a sequence has at least one token, and at most as many as the model takes',
      {
        argument: 'length',
        expected: `1 to ${maxLength ?? 'any'}`,
        received: length,
      },
    );
}

/** Refuses a number outside [low, high] (NaN included). */
export function assertWithin(name: string, value: number, [low, high]: readonly [number, number]): void {
  if (!(value >= low && value <= high))
    throw new LabError('argument', `${name} lies in [${low}, ${high}]`, { argument: name, received: value });
}

/** Refuses numbers of draws, and of sequences a call, that are not positive integers. */
export function assertDraws(counts: { readonly samples: number; readonly batchSize: number }): void {
  for (const [argument, received] of Object.entries(counts))
    if (!Number.isInteger(received) || received < 1)
      throw new LabError('argument', `${argument} is a positive integer`, { argument, received });
}
