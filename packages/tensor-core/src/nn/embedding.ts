import { LabError, isLabError } from '../errors';
import type { Tensor } from '../tf';
import { gatherWeight } from './adapted-weight';
import { normalInit, type Initializer } from './initializers';
import type { Module } from './module';
import { assertSizes } from './validate';

export interface EmbeddingOptions {
  /** Number of entries; ids are from 0 to `count - 1`. */
  readonly count: number;
  /** Size of the vector of an entry. */
  readonly width: number;
  /** @default normal with standard deviation 1 */
  readonly init?: Initializer;
}

/** `weight` [count, width]. */
export type EmbeddingParams = { readonly weight: Tensor };

/**
 * A table of vectors: int32 ids [...] to [..., width].
 *
 * @throws LabError `argument` for ids that are not int32 or not in the table
 */
export function embedding({
  count,
  width,
  init = normalInit(1),
}: EmbeddingOptions): Module<EmbeddingParams, [ids: Tensor]> {
  assertSizes('embedding', { count, width });
  return {
    init: (key) => ({ weight: init(key, [count, width]) }),
    apply({ weight }, ids) {
      if (ids.dtype !== 'int32')
        throw new LabError('argument', 'embedding: ids must be int32', {
          argument: 'ids',
          received: ids.dtype,
        });
      try {
        return gatherWeight(ids, weight);
      } catch (cause) {
        if (isLabError(cause)) throw cause;
        throw new LabError('argument', 'embedding: an id is not in the table', {
          argument: 'ids',
          expected: `0 to ${count - 1}`,
          received: (cause as Error).message,
          cause,
        });
      }
    },
  };
}
