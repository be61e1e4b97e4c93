import type { Denoiser } from '@lab/diffusion-core';
import { assertState } from '../flow/integrate-flow';
import { LabError } from '@lab/tensor-core/errors';
import type { Key } from '@lab/tensor-core/random';
import type { EditFlowOptions, EditFlowResult } from '../edit-flow';
import { editFlow } from '../edit-flow';
import { assertBatch, assertStartStep, gridOf, type FlowGridOptions } from '../invert-flow';

export interface SdEditOptions<X, Condition>
  extends FlowGridOptions, Omit<EditFlowOptions<X, Condition>, 'eta' | 'lambda' | 'mask' | 'times'> {
  /** Node of the grid to start at: the image is noised to `times[startStep]`. */
  readonly startStep: number;
  /** [B, ...] the noise; stays the caller's. @default drawn from `key` */
  readonly noise?: X | undefined;
  readonly key?: Key | undefined;
}

/**
 * SDEdit on a flow (Meng et al. 2022): the image is mixed with fresh noise, `(1 - t) y0 + t noise`, and generated from
 * there under the edit's condition. The same as RF-Inversion at gamma = 1 with eta = 1 up to `startStep`.
 *
 * @param image [B, ...]; stays the caller's
 * @throws LabError `argument` for no key and no noise, or a start outside the grid
 */
export async function sdEdit<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  { startStep, noise, steps, times: given, ...options }: SdEditOptions<X, Condition>,
): Promise<EditFlowResult<X>> {
  const { space } = denoiser;
  assertBatch(space.shape(image));
  await assertState(denoiser, image, 'image');
  const times = gridOf({ steps, times: given });
  assertStartStep(startStep, times.length - 1);
  if (noise === undefined && options.key === undefined)
    throw new LabError('argument', 'give a key to draw the noise from, or the noise itself', {
      argument: 'key | noise',
      received: 'neither',
    });
  const eps = noise ?? space.normal(options.key!, space.shape(image));
  const t = times[startStep]!;
  let start: X | undefined;
  try {
    start = space.combine([
      [1 - t, image],
      [t, eps],
    ]);
    const begun = { noise: start, image, target: undefined, times, startStep };
    const inversion = { ...begun, gamma: [], modelCalls: 0, seconds: 0, dispose: () => undefined };
    return await editFlow(denoiser, inversion, { ...options, eta: 0 });
  } finally {
    if (noise === undefined) space.dispose(eps);
    if (start !== undefined) space.dispose(start);
  }
}
