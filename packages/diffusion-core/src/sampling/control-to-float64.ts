import type { Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { fromArray64, toArray64 } from '../spaces/convert';
import { tensorSpace } from '../spaces/tensor-space';
import type { Control, Denoiser, Step } from '../types';

export interface ControlToFloat64Options {
  /**
   * The denoiser that the run's float64 one wraps, for controls that take gradients through it.
   * @default a detour over the float64 denoiser, without gradients
   */
  readonly denoiser?: Denoiser | undefined;
}

/**
 * A control of tensors in a run whose states are float64 arrays: what `toFloat64` is for denoisers. So a descriptor's gradients
 * and a hard constraint act in one run; put the constraint last. States that the control leaves as they are stay so to the last
 * bit, others are rounded to float32.
 *
 * @example
 * controls: [controlToFloat64(styleControl), constrain(projector)]
 */
export function controlToFloat64(
  control: Control,
  { denoiser }: ControlToFloat64Options = {},
): Control<Array64> {
  type Act = (x: Tensor, step: Step) => Tensor | Promise<Tensor>;
  const on =
    (act: Act) =>
    async (x: Array64, step: Step<Array64>): Promise<Array64> => {
      const states = [x, step.x, step.estimate.x0, step.estimate.noise].map(fromArray64);
      const [input, state, x0, noise] = states as [Tensor, Tensor, Tensor, Tensor];
      let result: Tensor | undefined;
      try {
        result = await act(input, {
          ...step,
          x: state,
          estimate: { x0, noise },
          denoiser: denoiser ?? detour(step.denoiser),
        });
        return result === input ? x : await toArray64(result);
      } finally {
        if (result !== undefined && !states.includes(result)) result.dispose();
        for (const each of states) each.dispose();
      }
    };
  const { name, noise } = control;
  return {
    name,
    ...(noise && { noise }),
    ...(control.estimate && { estimate: on((x, step) => control.estimate!(x, step)) }),
    ...(control.state && { state: on((x, step) => control.state!(x, step)) }),
  };
}

/** A float64 denoiser that is asked with tensors. */
function detour<Condition>(denoiser: Denoiser<Array64, Condition>): Denoiser<Tensor, Condition> {
  return {
    predicts: denoiser.predicts,
    space: tensorSpace,
    predict: async (x, t, condition, context) =>
      fromArray64(await denoiser.predict(await toArray64(x), t, condition, context)),
  };
}
