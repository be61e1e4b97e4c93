import type { Denoiser } from '@lab/diffusion-core';
import { eventLoopBreather } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { EditFlowResult } from '../edit-flow';
import { assertState, throwIfAborted, type FlowRunOptions } from '../flow/integrate-flow';
import { withScratch } from '../flow/scratch';
import { velocityAt } from '../flow/velocity';
import { assertBatch, gridOf, type FlowGridOptions } from '../invert-flow';
import { assertSteps } from './assert-steps';

export interface FlowEditOptions<X, Condition>
  extends FlowGridOptions, Omit<FlowRunOptions<X, Condition>, 'solver' | 'condition'> {
  /** What the image shows. @default no condition */
  readonly sourceCondition?: Condition | undefined;
  /** What it shall show. */
  readonly targetCondition?: Condition | undefined;
  /** Guided field of the source, such as `classifierFreeGuidance(denoiser, { scale: 1.5 })`. @default the denoiser */
  readonly source?: Denoiser<X, Condition> | undefined;
  /** Steps from the end at which editing starts: more change more. @default 24 of 28, in proportion */
  readonly maxSteps?: number;
  /** Last steps that are ordinary generation. @default 0 */
  readonly minSteps?: number;
  /** Draws of noise that each step's velocities are averaged over. @default 1 */
  readonly draws?: number;
  readonly key: Key;
}

/**
 * FlowEdit (Kulikov et al. 2024): no inversion. In every step the image is noised afresh, the same noise is put on the
 * edited image, and the edit moves by the difference of the two velocities.
 *
 * @param denoiser the (guided) field of the target
 * @param image [B, ...]; stays the caller's
 */
export async function flowEdit<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: FlowEditOptions<X, Condition>,
): Promise<EditFlowResult<X>> {
  const { sourceCondition, targetCondition, source = denoiser, minSteps = 0, draws = 1, key } = options;
  const { space } = denoiser;
  assertBatch(space.shape(image));
  assertSteps(draws, 'draws');
  await assertState(denoiser, image, 'image');
  const times = gridOf(options);
  const steps = times.length - 1;
  const { maxSteps = Math.round((24 / 28) * steps) } = options;
  if (!(
    Number.isInteger(maxSteps) &&
    Number.isInteger(minSteps) &&
    minSteps >= 0 &&
    maxSteps <= steps &&
    minSteps <= maxSteps
  ))
    throw new LabError(
      'argument',
      'minSteps and maxSteps are whole numbers, 0 <= minSteps <= maxSteps <= steps',
      {
        argument: 'maxSteps',
        received: { minSteps, maxSteps, steps },
      },
    );
  const began = performance.now();
  const breathe = eventLoopBreather();
  const context = { engine: options.engine, calls: steps };
  let modelCalls = 0;
  let edit = image;
  let isGenerating = false;
  const replace = (next: X): void => {
    if (edit !== image) space.dispose(edit);
    edit = next;
  };

  try {
    for (let index = steps - maxSteps; index < steps; index++) {
      throwIfAborted(options.signal);
      const [t, tNext] = [times[index]!, times[index + 1]!];
      const left = steps - index;
      const noiseAt = (draw: number): X => space.normal(foldIn(foldIn(key, index), draw), space.shape(image));
      const field = (from: Denoiser<X, Condition>, x: X, condition: Condition | undefined): Promise<X> => {
        modelCalls++;
        return velocityAt(from, x, { t, index, condition }, context);
      };
      const [next] = (await withScratch(space, async (keep) => {
        const noised = (draw: number): X =>
          keep(
            space.combine([
              [1 - t, image],
              [t, keep(noiseAt(draw))],
            ]),
          );
        const shifted = (state: X): X =>
          keep(
            space.combine([
              [1, edit],
              [1, state],
              [-1, image],
            ]),
          );
        if (left <= minSteps) {
          const state = isGenerating ? edit : shifted(noised(0));
          const velocity = keep(await field(denoiser, state, targetCondition));
          return [
            keep(
              space.combine([
                [1, state],
                [tNext - t, velocity],
              ]),
            ),
          ];
        }
        const terms: [number, X][] = [[1, edit]];
        for (let draw = 0; draw < draws; draw++) {
          const state = noised(draw);
          const moved = keep(await field(denoiser, shifted(state), targetCondition));
          const still = keep(await field(source, state, sourceCondition));
          terms.push([(tNext - t) / draws, moved], [(t - tNext) / draws, still]);
        }
        return [keep(space.combine(terms))];
      })) as [X];
      isGenerating ||= left <= minSteps;
      replace(next);
      await options.onStep?.({ index, steps, from: t, to: tNext, x: edit, modelCalls });
      await breathe();
    }
    throwIfAborted(options.signal);
    const result = edit === image ? space.combine([[1, image]]) : edit;
    return { image: result, modelCalls, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    if (edit !== image) space.dispose(edit);
    throw error;
  }
}
