import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** A graph model without gradients gives zeros where there is something to descend; so does a network that reads no text. */
export async function refuseFlat(
  gradient: Tensor,
  residuals: Float64Array,
  { slack = 0, what = 'state' }: { readonly slack?: number; readonly what?: 'state' | 'embedding' },
): Promise<void> {
  if (residuals.every((each) => each <= slack)) return;
  const largest = tf.tidy(() => tf.max(tf.abs(gradient)));
  const size = (await largest.data())[0];
  largest.dispose();
  if (size !== 0) return;
  throw what === 'state'
    ? new LabError('unsupported', 'no gradient comes back through the denoiser, decoder and operator', {
        argument: 'model',
        hint: 'models loaded as frozen graphs are often not differentiable: build the network from its weights',
      })
    : new LabError('unsupported', 'the denoiser does not read the embedding: no gradient comes back to it', {
        argument: 'condition',
        hint: 'P2L tunes the text of a network that was trained with one',
      });
}
