import { LabError } from '@lab/tensor-core/errors';
import type { Control, Step } from '@lab/diffusion-core';

/** A control that acts in the first `count` steps of a run alone. */
export function duringSteps<X>(control: Control<X>, count: number): Control<X> {
  assertCount('duringSteps', count);
  return acting(control, (index) => index < count);
}

/** A control that acts from step `count` on, counted from 0. */
export function fromStep<X>(control: Control<X>, count: number): Control<X> {
  assertCount('fromStep', count);
  return acting(control, (index) => index >= count);
}

export interface CrossAttentionTuningOptions<X> {
  /** `stsl(problem under the target)`: the pull of what was measured. */
  readonly measurement: Control<X>;
  /** `contentPull(...)`: keeps what the source shows. @default none */
  readonly content?: Control<X>;
  /** The first of the steps in which the content acts instead of the measurement. @default 30 */
  readonly until?: number;
}

/**
 * The two losses of STSL-CAT as controls: the measurement pulls in the first steps, where structure is made (in all of them it
 * fights the edit), and the content afterwards.
 */
export function crossAttentionTuning<X>({
  measurement,
  content,
  until = 30,
}: CrossAttentionTuningOptions<X>): Control<X>[] {
  return [duringSteps(measurement, until), ...(content ? [fromStep(content, until)] : [])];
}

function acting<X>(control: Control<X>, when: (index: number) => boolean): Control<X> {
  return {
    ...control,
    ...(control.estimate && {
      estimate: (x0: X, step: Step<X>) => (when(step.index) ? control.estimate!(x0, step) : x0),
    }),
    ...(control.state && {
      state: (xNext: X, step: Step<X>) => (when(step.index) ? control.state!(xNext, step) : xNext),
    }),
  };
}

function assertCount(caller: string, count: number): void {
  if (!(Number.isInteger(count) && count >= 0))
    throw new LabError('argument', `${caller}: count is a whole number`, {
      argument: 'count',
      received: count,
    });
}
