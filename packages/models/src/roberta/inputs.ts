import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { RobertaConfig } from './config';

/**
 * Positions that count what is not padding from `padding + 1`; paddings have position `padding`, wherever they are.
 *
 * @param ids int32 [batch, length]
 */
export function positionIds(ids: Tensor, padding: number): Tensor {
  const tokens = tf.cast(tf.notEqual(ids, padding), 'int32');
  return tf.add(tf.mul(tf.cumsum(tokens, 1), tokens), tf.scalar(padding, 'int32'));
}

/** Refuses inputs whose kinds or shapes do not fit, and texts that are longer than there are positions. */
export function assertInputs(
  { max_position_embeddings, pad_token_id }: RobertaConfig,
  inputs: { readonly ids: Tensor; readonly mask?: Tensor | undefined; readonly types?: Tensor | undefined },
): void {
  const { ids } = inputs;
  if (ids.rank !== 2 || ids.dtype !== 'int32')
    throw new LabError('shape', 'roberta: ids are int32 [batch, length]', {
      argument: 'ids',
      received: [ids.dtype, ids.shape],
    });
  for (const name of ['mask', 'types'] as const) {
    const shape = inputs[name]?.shape;
    if (shape && shape.join() !== ids.shape.join())
      throw new LabError('shape', `roberta: ${name} has another shape than ids`, {
        argument: name,
        expected: ids.shape,
        received: shape,
      });
  }
  const longest = max_position_embeddings - pad_token_id - 1;
  if (ids.shape[1]! > longest)
    throw new LabError('shape', 'roberta: the texts are longer than there are positions', {
      argument: 'ids',
      received: ids.shape,
      expected: `at most ${longest} tokens`,
      hint: 'truncate when tokenizing: encode(texts, { maxLength })',
    });
}
