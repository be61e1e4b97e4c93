import { estimate, type Denoiser, type PredictContext, type Schedule } from '@lab/diffusion-core';
import { eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform64, type Key } from '@lab/tensor-core/random';
import type { EditFlowResult } from '../edit-flow';
import { assertState, throwIfAborted } from '../flow/integrate-flow';
import { withScratch } from '../flow/scratch';
import { assertBatch } from '../invert-flow';
import { assertSteps } from './assert-steps';

export interface DeltaDenoisingOptions<X, Condition> extends Pick<PredictContext, 'engine'> {
  readonly schedule: Schedule;
  /** What the image shows. */
  readonly sourceCondition?: Condition | undefined;
  /** What it shall show. */
  readonly targetCondition?: Condition | undefined;
  /** Field of the source, where guidance differs. @default the denoiser */
  readonly source?: Denoiser<X, Condition> | undefined;
  /** @default 200 */
  readonly steps?: number;
  /** What the noise difference is multiplied by in each step, above 0. @default 0.1 */
  readonly stepSize?: number;
  /** Times that are drawn, uniformly. @default [0.02, 0.98] */
  readonly times?: readonly [low: number, high: number];
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?:
    ((point: { readonly index: number; readonly steps: number; readonly x: X }) => void) | undefined;
}

/**
 * Delta denoising score (Hertz et al. 2023): no inversion. The image is moved along the difference of two noise
 * estimates, of itself under the target and of the original under the source, at one random time and one noise a step:
 * what both get wrong cancels.
 *
 * @param image [B, ...]; stays the caller's
 * @throws LabError `argument`, `numeric`, `shape`, `aborted`
 */
export async function deltaDenoising<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: DeltaDenoisingOptions<X, Condition>,
): Promise<EditFlowResult<X>> {
  const { schedule, source = denoiser, steps = 200, stepSize = 0.1, key, signal, onStep } = options;
  const [low, high] = options.times ?? [0.02, 0.98];
  const { space } = denoiser;
  assertBatch(space.shape(image));
  assertSteps(steps);
  if (!(stepSize > 0 && low > 0 && low <= high && high <= 1))
    throw new LabError('argument', 'deltaDenoising needs stepSize > 0 and times within (0, 1]', {
      argument: 'stepSize, times',
      received: { stepSize, times: [low, high] },
    });
  await assertState(denoiser, image, 'image');
  const began = performance.now();
  const breathe = eventLoopBreather();
  const context = { engine: options.engine, calls: steps };
  let x = space.combine([[1, image]]);
  try {
    for (let index = 0; index < steps; index++) {
      throwIfAborted(signal);
      const stepKey = foldIn(key, index);
      const t = low + (high - low) * uniform64(foldIn(stepKey, 0), 1)[0]!;
      const [next] = (await withScratch(space, async (keep) => {
        const noise = keep(space.normal(foldIn(stepKey, 1), space.shape(image)));
        const noiseSeen = async (
          from: Denoiser<X, Condition>,
          clean: X,
          condition: Condition | undefined,
        ) => {
          const state = keep(
            space.combine([
              [schedule.alpha(t), clean],
              [schedule.sigma(t), noise],
            ]),
          );
          const seen = await estimate(from, state, { t, schedule, condition, ...context });
          keep(seen.x0);
          return keep(seen.noise);
        };
        const moved = await noiseSeen(denoiser, x, options.targetCondition);
        const still = await noiseSeen(source, image, options.sourceCondition);
        return [
          keep(
            space.combine([
              [1, x],
              [-stepSize, moved],
              [stepSize, still],
            ]),
          ),
        ];
      })) as [X];
      space.dispose(x);
      x = next;
      await assertState(denoiser, x, `the state after step ${index}`);
      onStep?.({ index, steps, x });
      await breathe();
    }
    throwIfAborted(signal);
  } catch (error) {
    space.dispose(x);
    throw error;
  }
  return { image: x, modelCalls: 2 * steps, seconds: (performance.now() - began) / 1000 };
}
