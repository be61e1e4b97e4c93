import { LabError } from '../errors';
import type { Key } from '../random';
import type { FitOptions } from './types';

/** Refuses settings that no training can have. */
export function validateFit<Params, Batch>(options: FitOptions<Params, Batch>): void {
  const { steps, checkpointEvery = 1, evaluateEvery = 1, key } = options;
  assertWhole('steps', steps, 0);
  assertWhole('checkpointEvery', checkpointEvery, 1);
  assertWhole('evaluateEvery', evaluateEvery, 1);
  // A run without a key would draw the same for every caller and not say so.
  if ((key as Key | undefined)?.length !== 2)
    throw new LabError('argument', 'fit: a key is required', {
      argument: 'key',
      received: JSON.stringify(key),
      hint: 'key(0) of @lab/tensor-core/random makes one from a seed',
    });
}

function assertWhole(argument: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new LabError('argument', `fit: ${argument} must be a whole number from ${least}`, {
      argument,
      received: value,
    });
}
