import { LabError } from '@lab/tensor-core/errors';
import type { WeightKind } from './layout';

/** What peft puts before the names of the model that it wraps. */
export const prefix = 'base_model.model.';

/** The module of a weight's name. @throws LabError `argument` when it is no weight of a module */
export function moduleOf(name: string, path: string): string {
  if (name.endsWith('.weight')) return name.slice(0, -'.weight'.length);
  throw new LabError('argument', 'peft: an adapted parameter is the weight of a module', {
    argument: path,
    received: name,
    expected: '<module>.weight',
    hint: 'give the names that PyTorch has for them by `nameOf`',
  });
}

export function kindOf(
  path: string,
  shape: readonly number[],
  isEmbedding: (path: string) => boolean,
): WeightKind {
  if (isEmbedding(path)) return 'embedding';
  return shape.length > 2 ? 'convolution' : 'dense';
}
