import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import { noiseFor, toEstimate } from '../estimates/convert';
import type { Control, Denoiser, Estimate, Step } from '../types';
import type { Ownership } from './ownership';

/** What an evaluation needs to know; the rest of `Step` follows from it. */
export type StepContext<X> = Omit<Step<X>, 'estimate'>;

/**
 * One model call followed by the controls in order. Each control gets a key of its own.
 *
 * @throws LabError `shape` or `numeric` when the network's output is of another shape or not finite, naming the step
 */
export async function controlledEstimate<X>(
  context: StepContext<X>,
  controls: readonly Control<X>[],
  owner: Ownership<X>,
): Promise<Estimate<X>> {
  const { denoiser, x, t, alpha, sigma, condition } = context;
  const prediction = await predictFinite(denoiser, context, owner);
  const { predicts } = denoiser;
  const estimate = toEstimate(owner.space, { predicts, prediction, x, alpha, sigma });
  if (!(await owner.space.isFinite(estimate.x0)))
    throw new LabError('numeric', `the posterior mean is not finite at step ${context.index} (t = ${t})`, {
      hint: `alpha = ${alpha} is too small for a prediction of kind '${predicts}'; start at a smaller time`,
    });
  let { x0, noise } = estimate;
  for (const [position, control] of controls.entries()) {
    if (control.estimate === undefined) continue;
    const step: Step<X> = { ...context, condition, estimate, key: foldIn(context.key, position) };
    const replaced = await control.estimate(x0, step);
    if (replaced === x0) continue;
    x0 = owner.own(replaced);
    assertShape(`control '${control.name}'`, owner.space.shape(x0), owner.space.shape(x));
    if (control.noise === 'recompute') noise = noiseFor(owner.space, { x, x0, alpha, sigma });
  }
  return { x0, noise };
}

async function predictFinite<X>(
  denoiser: Denoiser<X>,
  { x, t, index, condition, context }: StepContext<X>,
  owner: Ownership<X>,
): Promise<X> {
  const { space } = owner;
  const prediction = await denoiser.predict(x, t, condition, context);
  if (prediction !== x) owner.own(prediction);
  assertShape('the denoiser', space.shape(prediction), space.shape(x));
  if (!(await space.isFinite(prediction)))
    throw new LabError('numeric', `the denoiser returned NaN or infinity at step ${index} (t = ${t})`, {
      hint: 'check the parameters and that the state is scaled as in training',
    });
  return prediction;
}

export function assertShape(who: string, received: readonly number[], expected: readonly number[]): void {
  if (received.length !== expected.length || received.some((size, axis) => size !== expected[axis]))
    throw new LabError('shape', `${who} must return a state of the shape it was given`, {
      received,
      expected,
    });
}
