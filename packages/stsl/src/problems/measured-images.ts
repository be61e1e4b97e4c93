import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { tensorSpace } from '@lab/diffusion-core';
import { imageProblem, type ImageProblemOptions } from './image-problem';
import { assertMeasurementScale } from './image-scale';
import type { InverseProblem } from './types';

/**
 * The problem of a measurement that a user hands over, looked at first.
 *
 * @throws LabError `numeric`, `shape` or `argument`
 */
export async function measuredImages(options: ImageProblemOptions): Promise<InverseProblem<Tensor>> {
  const { y, operator } = options;
  if (!(await tensorSpace.isFinite(y)))
    throw new LabError('numeric', 'the measurement has entries that are not finite', { argument: 'y' });
  const problem = imageProblem(options);
  const guess = tf.tidy(() => operator.initFrom(y));
  try {
    await assertMeasurementScale(guess);
    return problem;
  } catch (error) {
    problem.dispose?.();
    throw error;
  } finally {
    guess.dispose();
  }
}
