import type { Denoiser, ImageCondition } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** The class wanted of each image of a batch; without one the model is that of all classes. */
export type Classes = readonly number[];

/**
 * A denoiser that is told plain class numbers in the place of tensors.
 *
 * @throws LabError `argument` when it predicts, for numbers that are no class, or not one for each state
 */
export function classDenoiser(
  denoiser: Denoiser<Tensor, ImageCondition>,
  count: number,
): Denoiser<Tensor, Classes> {
  return {
    predicts: denoiser.predicts,
    space: denoiser.space,
    // At once where the network answers at once: methods that differentiate the prediction ask for that.
    predict(x, t, classes, context) {
      if (classes === undefined) return denoiser.predict(x, t, undefined, context);
      const isClass = (each: number): boolean => Number.isInteger(each) && each >= 0 && each < count;
      if (classes.length !== x.shape[0] || !classes.every(isClass))
        throw new LabError('argument', 'the model is told one class for each image', {
          argument: 'condition',
          expected: `${x.shape[0]} whole numbers from 0 to ${count - 1}`,
          received: classes,
        });
      const categorical = tf.tensor2d([...classes], [classes.length, 1], 'int32');
      const free = (): void => categorical.dispose();
      try {
        const prediction = denoiser.predict(x, t, { categorical }, context);
        if ('dataSync' in prediction) free();
        else void prediction.then(free, free);
        return prediction;
      } catch (error) {
        free();
        throw error;
      }
    },
    dispose: () => denoiser.dispose?.(),
  };
}
