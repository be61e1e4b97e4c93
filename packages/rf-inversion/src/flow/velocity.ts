import { toEstimate, toPrediction, type Denoiser, type PredictContext } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';

/**
 * The velocity towards noise, `u = E[noise - x_0 | x_t = x]`, that a denoiser sees in `x` at noise level `t` of a
 * rectified flow; a new state, the caller's. At t = 0 a denoiser that predicts the sample leaves the noise open; it is
 * independent of the state there, so u = -x.
 *
 * @throws LabError `numeric` or `shape`, naming the step, when the network's output is not usable
 */
export async function velocityAt<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  x: X,
  at: { readonly t: number; readonly index: number; readonly condition: Condition | undefined },
  context?: PredictContext,
): Promise<X> {
  const { space, predicts } = denoiser;
  const { t, index, condition } = at;
  if (t === 0 && predicts === 'sample') return space.combine([[-1, x]]);
  const prediction = await denoiser.predict(x, t, condition, context);
  const made = prediction === x ? space.combine([[1, x]]) : prediction;
  try {
    await assertUsable(denoiser, { made, x, t, index });
    if (predicts === 'velocity') return made;
    const level = { alpha: 1 - t, sigma: t };
    const estimate = toEstimate(space, { predicts, prediction: made, x, ...level });
    try {
      return toPrediction(space, { predicts: 'velocity', estimate, ...level });
    } finally {
      space.dispose(made);
      space.dispose(estimate.x0);
      space.dispose(estimate.noise);
    }
  } catch (error) {
    space.dispose(made);
    throw error;
  }
}

async function assertUsable<X, Condition>(
  { space }: Denoiser<X, Condition>,
  { made, x, t, index }: { made: X; x: X; t: number; index: number },
): Promise<void> {
  const [received, expected] = [space.shape(made), space.shape(x)];
  if (received.join() !== expected.join())
    throw new LabError('shape', 'the denoiser must return a state of the shape it was given', {
      received,
      expected,
    });
  if (!(await space.isFinite(made)))
    throw new LabError('numeric', `the denoiser returned NaN or infinity at step ${index} (t = ${t})`, {
      hint: 'check the parameters, and that the image is scaled as in training',
    });
}
